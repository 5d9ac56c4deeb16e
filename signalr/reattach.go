package signalr

import (
	"context"
	"net/http"
)

// takenOver is the answer to a request whose connection ended while its old socket
// was being given up.
var takenOver = &refusal{status: http.StatusNoContent}

// refusal says why the link takes no socket any more, or none yet; nil: it does.
// The caller holds mu.
func (l *link) refusal() *refusal {
	switch {
	case l.left:
		return unknownID
	case l.ending() || l.killed:
		return alreadyOpen
	}
	return nil
}

// vacate gives the present socket up, if there is one, for a request that brings
// another, which attach or forgo follows. It returns the answer instead if the
// link takes none.
func (l *link) vacate(ctx context.Context) *refusal {
	l.mu.Lock()
	defer l.mu.Unlock()
	if no := l.refusal(); no != nil {
		return no
	}
	if l.replaced { // by another request
		return alreadyOpen
	}
	l.replaced = true
	if l.socket != nil {
		l.lose(l.socket)
	}
	for l.writing && l.refusal() == nil && ctx.Err() == nil {
		l.wait(ctx)
	}
	if l.refusal() != nil {
		l.replaced = false
		return takenOver
	}
	return nil
}

// forgo says that the request which vacated the link brings no socket.
func (l *link) forgo() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.replaced = false
}

// attach has the link go on over s. If the connection has ended meanwhile, s is
// closed.
func (l *link) attach(s *webSocket) {
	if !l.swap(s) {
		s.kill()
		return
	}
	l.c.server.metrics.reattached.Inc()
	l.c.log().Debug("client came back")
}

// swap is attach, but that it reports false if the connection has ended.
func (l *link) swap(s *webSocket) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.replaced = false
	if l.refusal() != nil {
		return false
	}
	if l.binary {
		s.setBinary()
	}
	l.socket, l.begun = s, false
	l.ackDue, l.pingDue = false, false
	l.replay.rewind()
	l.nudge()
	return true
}

// serveReattach answers a request that brings the connection of a link a new
// socket. There is no handshake. The user of the request, with its expiry, becomes
// that of the connection, except for its name.
func (s *Server) serveReattach(w http.ResponseWriter, r *http.Request, l *link) {
	if no := l.vacate(r.Context()); no != nil {
		no.answer(w)
		return
	}
	conn, ok := s.upgrade(w, r, l.c.hub)
	if !ok {
		l.forgo()
		return
	}
	l.c.refresh(r)
	l.attach(newWebSocket(conn, s.options.WriteTimeout))
}
