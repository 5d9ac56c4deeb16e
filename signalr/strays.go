package signalr

import (
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// maxEnded is the number of ended connection IDs that are kept at least. At most
	// twice as many are kept.
	maxEnded = 1 << 14
	// strayWarnEvery is how often unknown connection IDs are logged.
	strayWarnEvery = time.Hour
	// lateStrays is how many requests with unknown IDs that open no transport are needed
	// for a warning, with less than lateGap between them: fewer are late requests of
	// clients whose server has failed.
	lateStrays = 10
	lateGap    = time.Minute
)

// An endedIDs is a bounded set of tokens of connections that have ended. It distinguishes
// late requests from requests with the ID of another server. It keeps two generations of
// at most maxEnded tokens; when the newer one is full, it replaces the older one.
type endedIDs struct {
	newer, older map[string]struct{}
}

func (e *endedIDs) add(token string) {
	if len(e.newer) >= maxEnded {
		e.newer, e.older = nil, e.newer
	}
	if e.newer == nil {
		e.newer = make(map[string]struct{})
	}
	e.newer[token] = struct{}{}
}

func (e *endedIDs) has(token string) bool {
	_, newer := e.newer[token]
	_, older := e.older[token]
	return newer || older
}

// strays counts requests with a connection ID that this server did not issue, and
// warns of them: without sticky sessions, a load balancer sends the requests of one
// connection to several servers, and no client connects.
type strays struct {
	log  *slog.Logger
	note func() // counts one

	mu       sync.Mutex
	late     uint64    // requests that may be late ones, and count as such so far
	last     time.Time // when the last of those came
	reported uint64    // requests that are taken for a sign of missing sticky sessions
	logged   uint64    // of those, in a warning
	loggedAt time.Time // zero before the first warning
}

// count counts a request; opens reports whether it would have opened a transport. It logs
// at most one warning per strayWarnEvery.
func (s *strays) count(now time.Time, hub, from string, opens bool) {
	s.note()
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.last) > lateGap {
		s.late = 0
	}
	s.last = now
	s.late++
	if !opens && s.late < lateStrays {
		return
	}
	s.reported += s.late
	s.late = 0
	if !s.loggedAt.IsZero() && now.Sub(s.loggedAt) < strayWarnEvery {
		return
	}
	s.log.Warn("no connection with that ID on this server: is the load balancer configured for sticky sessions? see docs/load-balancers.md",
		"hub", hub, "from", from, "requests", s.reported-s.logged)
	s.logged, s.loggedAt = s.reported, now
}

// UnknownConnections returns how many requests had a connection ID that this server
// did not issue, without those that may be late ones of clients whose server has
// failed. If the number grows, the load balancer has no sticky sessions.
func (s *Server) UnknownConnections() uint64 {
	s.strays.mu.Lock()
	defer s.strays.mu.Unlock()
	return s.strays.reported
}

// watchStrays counts the request if its connection ID was issued elsewhere.
func (s *Server) watchStrays(r *http.Request, h *Hub, token string) {
	if token == "" || s.negotiations.issued(token) {
		return
	}
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		from = r.RemoteAddr
	}
	// With stateful reconnect, a WebSocket may be that of a client whose server failed.
	opens := acceptsEventStream(r) || isWebSocket(r) && !h.stateful
	s.strays.count(time.Now(), h.path, from, opens && r.Method == http.MethodGet && isID(token))
}

// isID reports whether text has the form of an ID that newID makes.
func isID(text string) bool {
	for _, c := range []byte(text) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return len(text) == idLength
}
