package signalr

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"sync"
	"time"
)

// maxNegotiations is how many negotiated connections may wait to be opened or be
// open. It bounds what a flood of negotiate requests can make the server hold.
const maxNegotiations = 1 << 17

// A negotiated is a connection that a client may open, or has opened.
type negotiated struct {
	hub   *Hub
	id    string // public
	token string // secret
	link  *link  // with stateful reconnect; nil: without

	// The rest is guarded by negotiations.mu.

	// expires is when it is forgotten unless it has been opened; zero while it
	// is open.
	expires time.Time
	bound   Transports // the one it was opened with; 0: none yet
	inbox   *inbox     // for POST; nil as long as there was no need
	polls   *longPoll  // nil unless bound to LongPolling
}

func newNegotiated(h *Hub) *negotiated {
	return &negotiated{hub: h, id: newID(), token: newID()}
}

// newID returns 22 characters that nobody can guess and that need no escaping in
// a URL.
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// end ends what requests may be waiting for. The caller holds negotiations.mu.
func (n *negotiated) end() {
	if n.inbox != nil {
		n.inbox.end()
	}
	if n.polls != nil {
		n.polls.forget()
	}
}

// A refusal says why a request to a connection is refused.
type refusal struct {
	status int
	body   string
}

var (
	idRequired        = &refusal{http.StatusBadRequest, "Connection ID required"}
	unknownID         = &refusal{http.StatusNotFound, "No Connection with that ID"}
	otherTransport    = &refusal{http.StatusBadRequest, "Cannot change transports mid-connection"}
	alreadyOpen       = &refusal{status: http.StatusConflict}
	postToWebSocket   = &refusal{http.StatusMethodNotAllowed, "POST requests are not allowed for WebSocket connections."}
	deleteUnavailable = &refusal{http.StatusBadRequest, "Cannot terminate this connection using the DELETE endpoint."}
)

func transportDisabled(t Transports) *refusal {
	return &refusal{http.StatusNotFound, t.String() + " transport not supported by this end point type"}
}

func (no *refusal) answer(w http.ResponseWriter) { text(w, no.status, no.body) }

// negotiations are the negotiated connections by their tokens. Section 5 of the
// protocol reference gives the rules.
type negotiations struct {
	patience time.Duration // for one whose opening failed
	pollGap  time.Duration

	mu      sync.Mutex // before inbox.mu and longPoll.mu
	byToken map[string]*negotiated
}

func newNegotiations(patience, pollGap time.Duration) *negotiations {
	return &negotiations{patience: patience, pollGap: pollGap, byToken: make(map[string]*negotiated)}
}

// add enters n until expires. It reports false if there are too many.
func (ns *negotiations) add(n *negotiated, expires time.Time) bool {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if len(ns.byToken) >= maxNegotiations {
		return false
	}
	n.expires = expires
	ns.byToken[n.token] = n
	return true
}

// find returns the connection of h that belongs to token. The caller holds mu.
func (ns *negotiations) find(h *Hub, token string) (*negotiated, *refusal) {
	if token == "" {
		return nil, idRequired
	}
	n := ns.byToken[token]
	if n == nil || n.hub != h {
		return nil, unknownID
	}
	return n, nil
}

// claim opens the connection that belongs to token with a transport, or says why
// it cannot be opened. A later poll of a connection is alreadyOpen too.
func (ns *negotiations) claim(h *Hub, token string, t Transports) (*negotiated, *refusal) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	n, no := ns.find(h, token)
	switch {
	case no != nil:
		return nil, no
	case h.transports&t == 0:
		return nil, transportDisabled(t)
	case n.bound != 0 && n.bound != t:
		return nil, otherTransport
	case n.bound != 0:
		return n, alreadyOpen
	}
	n.expires = time.Time{}
	n.bound = t
	if t == WebSockets {
		n.end()
		return n, nil
	}
	if n.inbox == nil {
		n.inbox = newInbox()
	}
	n.inbox.open()
	if t == LongPolling {
		n.polls = newLongPoll(n.inbox, ns.pollGap)
	}
	return n, nil
}

// unclaim lets the client try again. One that is not in the table stays out.
func (ns *negotiations) unclaim(n *negotiated) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	n.end()
	n.bound, n.inbox, n.polls = 0, nil, nil
	n.expires = time.Now().Add(ns.patience)
}

// inbox returns where a POST request puts its body.
func (ns *negotiations) inbox(h *Hub, token string) (*inbox, *refusal) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	n, no := ns.find(h, token)
	switch {
	case no != nil:
		return nil, no
	case n.bound == WebSockets || h.transports&^WebSockets == 0:
		return nil, postToWebSocket
	case n.inbox == nil:
		n.inbox = newInbox()
	}
	return n.inbox, nil
}

// polls returns the long polling that a DELETE request ends.
func (ns *negotiations) polls(h *Hub, token string) (*longPoll, *refusal) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	n, no := ns.find(h, token)
	switch {
	case no != nil:
		return nil, no
	case n.polls == nil:
		return nil, deleteUnavailable
	}
	return n.polls, nil
}

// remove removes n, whose connection has ended. If polls may still fetch the rest, it is
// removed later.
func (ns *negotiations) remove(n *negotiated) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if n.polls != nil {
		if until, left := n.polls.unfetched(); left {
			n.expires = until
			return
		}
	}
	delete(ns.byToken, n.token)
}

// expire forgets those that nobody opened in time.
func (ns *negotiations) expire(now time.Time) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	for token, n := range ns.byToken {
		if !n.expires.IsZero() && now.After(n.expires) {
			n.end()
			delete(ns.byToken, token)
		}
	}
}

// close ends what requests wait for at connections that nobody has opened.
func (ns *negotiations) close() {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	for token, n := range ns.byToken {
		if !n.expires.IsZero() {
			n.end()
			delete(ns.byToken, token)
		}
	}
}
