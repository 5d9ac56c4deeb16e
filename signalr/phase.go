package signalr

import (
	"net/http"
	"sync"
)

// A phase is the state of a Server towards clients.
//
//	phaseServing ──Drain──▶ phaseDraining ──Shutdown──▶ phaseShut
//	     ▲  │                  │      │                     │
//	     │  └────Close─────────┼──────┴──────Close──────────┤
//	     └───────Undrain───────┘                            ▼
//	                                                   phaseClosed
type phase uint8

const (
	phaseServing  phase = iota // new connections are admitted
	phaseDraining              // no connection is admitted, and those that are open are ended
	phaseShut                  // no connection is left; hubs still send to other servers
	phaseClosed                // hubs send nothing
)

// become enters a phase. The server never returns to an earlier one that way.
func (s *Server) become(p phase) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phase = max(s.phase, p)
}

// admits reports whether the server admits new connections.
func (s *Server) admits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phase == phaseServing
}

// sends reports whether hubs can send: until Close, and after Shutdown too.
func (s *Server) sends() bool {
	if s.ctx.Err() == nil {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phase == phaseShut
}

// retryAfter is the Retry-After of a server that admits no connections, in seconds.
// It is the smallest value: another server is available now.
const retryAfter = "1"

// notAdmitting answers a request that would open a connection to a server that
// admits none. Connection: close keeps load balancers and clients from sending the
// next request over the same TCP connection.
func notAdmitting(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Connection", "close")
	header.Set("Retry-After", retryAfter)
	http.Error(w, "This server is leaving: it is drained or shut down. Connect again to reach another server.", http.StatusServiceUnavailable)
}

// An occupancy counts open connections. It is like a WaitGroup, but Add may be called
// during Wait.
type occupancy struct {
	mu    sync.Mutex
	n     int
	empty chan struct{} // closed when n becomes 0; nil until it is needed
}

// Add counts n more.
func (o *occupancy) Add(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.n += n
}

// Done counts one less.
func (o *occupancy) Done() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.n--; o.n == 0 && o.empty != nil {
		close(o.empty)
		o.empty = nil
	}
}

// Empty returns a channel that is closed when the count is 0.
func (o *occupancy) Empty() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.n == 0 {
		empty := make(chan struct{})
		close(empty)
		return empty
	}
	if o.empty == nil {
		o.empty = make(chan struct{})
	}
	return o.empty
}

// Wait waits until the count is 0.
func (o *occupancy) Wait() { <-o.Empty() }
