package signalr

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// errInterrupted says that a socket was lost, with what was received of a message,
// and that receiving goes on with the next one.
var errInterrupted = errors.New("signalr: socket lost")

// statefulVersion is the version of the hub protocols from which on they have
// stateful reconnect.
const statefulVersion = 2

// nudge is a frame that is not written: it has the writer look what else is due.
var nudge = []byte{}

// A link is the transport of a connection with stateful reconnect: one WebSocket
// after the other. It counts and holds what is sent, and begins each socket but
// the first with what the client may not have. As long as the client's handshake
// has not asked for that, it is only its first socket. Section 22 of the protocol
// reference gives the rules.
type link struct {
	gap time.Duration // how long the client may be without a socket

	// Fixed when the handshake is accepted.
	c        *connection // nil before, and with version 1
	protocol protocol.Protocol

	from *webSocket // that the reader reads; used by that alone
	out  [][]byte   // what the writer is writing; used by that alone

	mu       sync.Mutex // after connection.mu, before outbox.mu
	socket   *webSocket // nil: lost
	lostAt   time.Time  // if there is no socket
	binary   bool
	replay   replay
	begun    bool          // Sequence, if it is due, has been written to socket
	ackDue   bool          // Ack is to be written
	pingDue  bool          // Ping is to be written
	nudged   bool          // a nudge is in the outbox
	writing  bool          // to a socket, which may be an older one
	replaced bool          // a request is about to bring a new socket
	left     bool          // the client has closed the connection, or is given up
	killed   bool          // no socket is taken any more
	changed  chan struct{} // closed at the next change of the above; nil: none waits
}

func newLink(gap time.Duration, limit int) *link {
	return &link{gap: gap, replay: replay{limit: limit}}
}

// begin gives the link its first socket, before it is used.
func (l *link) begin(s *webSocket) *link {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.socket, l.begun = s, true
	return l
}

// transport returns the transport that s is the first socket of.
func (n *negotiated) transport(s *webSocket) transport {
	if n.link != nil {
		return n.link.begin(s)
	}
	return s
}

// linked makes the connection outlive its sockets if its transport is a link and
// the client speaks a version of the hub protocol that knows of it. The caller
// holds mu, and nothing that is counted has been sent or received.
func (c *connection) linked(version int) *link {
	l, ok := c.transport.(*link)
	if !ok || version < statefulVersion {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.c, l.protocol = c, c.server.protocols[c.protocol]
	return l
}

// over is closed when the connection ends; nil before the link is active. The
// caller holds mu.
func (l *link) over() <-chan struct{} {
	if l.c == nil {
		return nil
	}
	return l.c.ctx.Done()
}

// ending reports whether the connection ends. The caller holds mu.
func (l *link) ending() bool { return l.c == nil || l.c.ending.Load() != nil || l.c.ctx.Err() != nil }

// wait waits until something changes, or the connection ends, or ctx does. The
// caller holds mu, which is free meanwhile.
func (l *link) wait(ctx context.Context) {
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	changed, over := l.changed, l.over()
	l.mu.Unlock()
	select {
	case <-changed:
	case <-over:
	case <-ctx.Done():
	}
	l.mu.Lock()
}

// notify wakes those that wait. The caller holds mu.
func (l *link) notify() {
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// nudge has the writer look what is due, wherever it is. The caller holds mu.
func (l *link) nudge() {
	l.notify()
	if !l.nudged {
		// An outbox that is full has something for the writer anyway.
		l.nudged = l.c.outbox.put(nudge) == nil
	}
}

// lose gives up a socket, unless it has a successor. The caller holds mu, which
// is free while the socket is closed: over TLS that can take its time.
func (l *link) lose(s *webSocket) {
	if l.socket == s {
		l.socket, l.lostAt = nil, time.Now()
		l.notify()
	}
	l.mu.Unlock()
	s.kill()
	l.mu.Lock()
}

func (*link) traits() traits { return traits{transport: WebSockets} }

func (l *link) setBinary() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.binary = true
	if l.socket != nil {
		l.socket.setBinary()
	}
}

// close ends the sending, if there is a socket.
func (l *link) close(failed bool) {
	l.mu.Lock()
	s := l.socket
	l.mu.Unlock()
	if s != nil {
		s.close(failed)
	}
}

func (l *link) kill() {
	l.mu.Lock()
	l.killed = true
	s := l.socket
	l.mu.Unlock()
	if s != nil {
		s.kill()
	}
}

// ping has a Ping written, if there is a socket.
func (l *link) ping() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.socket != nil {
		l.pingDue = true
		l.nudge()
	}
}

// tick does what is due at now, which comes every second: it acknowledges, and
// gives up a client that does not come back.
func (l *link) tick(now time.Time) {
	l.mu.Lock()
	late := l.socket == nil && !l.replaced && now.Sub(l.lostAt) > l.gap
	if late {
		l.left = true
	} else if l.socket != nil && l.replay.owesAck() {
		l.ackDue = true
		l.nudge()
	}
	l.mu.Unlock()
	if late && l.c.end(ending{gone: true}) {
		l.c.log().Debug("client did not come back", "gap", l.gap)
	}
}
