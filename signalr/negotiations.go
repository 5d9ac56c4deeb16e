package signalr

import (
	"container/list"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// A negotiated is a connection that a client may open, or has opened.
type negotiated struct {
	hub   *Hub
	id    string // public
	token string // secret
	link  *link  // with stateful reconnect; nil: without

	from netip.Prefix // whose address negotiated it

	// The rest is guarded by negotiations.mu.

	// waiting are its elements in negotiations.unopened and in the list of its address;
	// nil if it is open.
	waiting [2]*list.Element
	// expires is when it is forgotten unless it has been opened; zero while it
	// is open.
	expires time.Time
	bound   Transports // the one it was opened with; 0: none yet
	inbox   *inbox     // for POST; nil as long as there was no need
	polls   *longPoll  // nil unless bound to LongPolling
}

func newNegotiated(h *Hub, r *http.Request) *negotiated {
	return &negotiated{hub: h, id: newID(), token: newID(), from: clientNetwork(r.RemoteAddr)}
}

// clientNetwork returns what counts as one client's address: an IPv4 address, or an
// IPv6 network of 64 bits. For an invalid address it returns the zero Prefix.
func clientNetwork(remote string) netip.Prefix {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	addr := at.Addr().Unmap().WithZone("")
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	network, _ := addr.Prefix(bits) // the number of bits fits
	return network
}

const idLength = 22

// newID returns a random ID of idLength characters that need no escaping in a URL.
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
//
// The number of unopened connections is limited, in total and for each client address.
// Above the limit the oldest is dropped. Clients usually open theirs within a second, so
// a flood drops its own connections first.
type negotiations struct {
	patience time.Duration // for one whose opening failed
	pollGap  time.Duration
	limit    int // of unopened connections
	perFrom  int // of these, for one address
	evicted  func()

	mu       sync.Mutex // before inbox.mu and longPoll.mu
	byToken  map[string]*negotiated
	unopened *list.List                  // of *negotiated, the oldest first
	byFrom   map[netip.Prefix]*list.List // the same, by address
	ended    endedIDs
}

func newNegotiations(o Options, evicted func()) *negotiations {
	return &negotiations{
		patience: o.NegotiateTimeout, pollGap: o.PollGap,
		limit: o.MaxNegotiations, perFrom: o.MaxNegotiationsPerAddress, evicted: evicted,
		byToken: make(map[string]*negotiated), unopened: list.New(), byFrom: make(map[netip.Prefix]*list.List),
	}
}

// add adds n until expires, and drops the oldest above a limit.
func (ns *negotiations) add(n *negotiated, expires time.Time) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	n.expires = expires
	ns.byToken[n.token] = n
	ns.await(n)
}

// await adds n to the unopened connections. The caller holds mu.
func (ns *negotiations) await(n *negotiated) {
	own := ns.byFrom[n.from]
	if own == nil {
		own = list.New()
		ns.byFrom[n.from] = own
	}
	n.waiting = [2]*list.Element{ns.unopened.PushBack(n), own.PushBack(n)}
	ns.makeRoom(own, ns.perFrom)
	ns.makeRoom(ns.unopened, ns.limit)
}

// makeRoom drops the oldest of l if there are more than limit. The caller holds mu.
func (ns *negotiations) makeRoom(l *list.List, limit int) {
	if l.Len() > limit {
		ns.forget(l.Front().Value.(*negotiated))
		ns.evicted()
	}
}

// opened removes n from the unopened connections. The caller holds mu.
func (ns *negotiations) opened(n *negotiated) {
	if n.waiting[0] == nil {
		return
	}
	ns.unopened.Remove(n.waiting[0])
	own := ns.byFrom[n.from]
	own.Remove(n.waiting[1])
	if own.Len() == 0 {
		delete(ns.byFrom, n.from)
	}
	n.waiting = [2]*list.Element{}
}

// forget ends the waiting requests of n and removes n. The caller holds mu.
func (ns *negotiations) forget(n *negotiated) {
	n.end()
	ns.opened(n)
	ns.drop(n.token)
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
	ns.opened(n)
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
	if ns.byToken[n.token] == n {
		ns.await(n)
	}
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
	if ns.byToken[n.token] != n {
		return // it was opened without negotiation
	}
	if n.polls != nil {
		if until, left := n.polls.unfetched(); left {
			n.expires = until
			ns.await(n)
			return
		}
	}
	ns.opened(n)
	ns.drop(n.token)
}

// drop removes a connection from the table. The caller holds mu.
func (ns *negotiations) drop(token string) {
	delete(ns.byToken, token)
	ns.ended.add(token)
}

// issued reports whether token belongs to a connection that was negotiated here and
// is open, may be opened, or has ended not long ago.
func (ns *negotiations) issued(token string) bool {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	return ns.byToken[token] != nil || ns.ended.has(token)
}

// expire forgets those that nobody opened in time.
func (ns *negotiations) expire(now time.Time) {
	ns.forgetUnopened(func(n *negotiated) bool { return now.After(n.expires) })
}

// close ends what requests wait for at connections that nobody has opened.
func (ns *negotiations) close() {
	ns.forgetUnopened(func(*negotiated) bool { return true })
}

// forgetUnopened removes the unopened connections for which which returns true.
func (ns *negotiations) forgetUnopened(which func(*negotiated) bool) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	for e := ns.unopened.Front(); e != nil; {
		n := e.Value.(*negotiated)
		e = e.Next() // before forget removes it
		if which(n) {
			ns.forget(n)
		}
	}
}
