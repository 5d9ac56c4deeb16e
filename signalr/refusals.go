package signalr

import (
	"log/slog"
	"maps"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
)

// maxRefusalsLogged is how many different refusals of one cause are logged. More are
// counted only, because clients can invent them.
const maxRefusalsLogged = 32

// A refusalCause says why requests are refused that a client cannot tell its user of.
// It is the label of signalmesh_signalr_refused_total.
type refusalCause string

const (
	refusedOrigin    refusalCause = "origin"    // CheckOrigin, or AllowedOrigins, refuses it
	refusedHost      refusalCause = "host"      // AllowedHosts refuses it
	refusedHijacker  refusalCause = "hijacker"  // the response writer cannot be hijacked
	refusedFlusher   refusalCause = "flusher"   // the response writer cannot be flushed
	refusedHandshake refusalCause = "handshake" // the request is not a WebSocket handshake
	refusedPanic     refusalCause = "panic"     // the application panicked
)

// refusals count refused requests, and log each of them once.
type refusals struct {
	log   *slog.Logger
	count *prometheus.CounterVec

	mu      sync.Mutex
	told    map[refusalCause]map[string]bool // by detail
	refused map[refusalCause]uint64
}

func newRefusals(log *slog.Logger, count *prometheus.CounterVec) *refusals {
	return &refusals{log: log, count: count, told: make(map[refusalCause]map[string]bool), refused: make(map[refusalCause]uint64)}
}

// note counts a refusal and logs it at Warn, once for each cause and detail.
func (rs *refusals) note(cause refusalCause, detail, message string, args ...any) {
	rs.count.WithLabelValues(string(cause)).Inc()
	if rs.first(cause, detail) {
		rs.log.Warn(message, append(args, "cause", string(cause), "logged", "once")...)
	}
}

// first counts a refusal, and reports whether it is the first of that cause and detail.
func (rs *refusals) first(cause refusalCause, detail string) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.refused[cause]++
	told := rs.told[cause]
	if told == nil {
		told = make(map[string]bool)
		rs.told[cause] = told
	}
	if told[detail] || len(told) >= maxRefusalsLogged {
		return false
	}
	told[detail] = true
	return true
}

// Refused returns how many requests the server has refused, by the cause that is the
// label of signalmesh_signalr_refused_total: "origin", "host", "hijacker", "flusher",
// "handshake" or "panic". Causes that have not occurred are left out.
func (s *Server) Refused() map[string]uint64 {
	s.refusals.mu.Lock()
	defer s.refusals.mu.Unlock()
	refused := make(map[string]uint64, len(s.refusals.refused))
	for cause, n := range maps.All(s.refusals.refused) {
		refused[string(cause)] = n
	}
	return refused
}

// upgrade makes a WebSocket of a request. It reports false when it has refused the
// request, and answered it.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, h *Hub) (*websocket.Conn, bool) {
	if !s.originAllowed(w, r, h) {
		return nil, false
	}
	if !canHijack(w) {
		s.refusals.note(refusedHijacker, "", "websocket refused: a middleware or HTTP/2 hides http.Hijacker of the response writer; give the writer of the middleware a method Unwrap or Hijack, or mount the server outside it (docs/hubs.md, Behind your router)",
			"hub", h.path, "writer", typeOf(w), "protocol", r.Proto)
		text(w, http.StatusInternalServerError, "WebSockets are not available here: the response writer cannot be hijacked.")
		return nil, false
	}
	var conn *websocket.Conn
	err := protect(s.logger, "the response writer", func() (err error) {
		conn, err = s.upgrader.Upgrade(hijacker{w}, r, nil)
		return err
	})
	switch {
	case err == nil:
		return conn, true
	case readError(err).panicked:
		s.refusals.note(refusedPanic, "", "websocket refused: a middleware panicked", "hub", h.path, "err", err)
	default:
		s.refusals.note(refusedHandshake, err.Error(), "websocket refused: a client or proxy sends no WebSocket handshake", "hub", h.path, "err", err)
	}
	return nil, false // the upgrader has answered, or the panic left nothing to answer with
}

// originAllowed reports whether the Origin of a WebSocket may use h, and answers if
// it may not.
func (s *Server) originAllowed(w http.ResponseWriter, r *http.Request, h *Hub) bool {
	allowed := false
	err := protect(s.logger, "CheckOrigin", func() error {
		allowed = s.checkOrigin(r)
		return nil
	})
	switch {
	case err != nil:
		s.refusals.note(refusedPanic, "CheckOrigin", "websocket refused: CheckOrigin panicked", "hub", h.path, "err", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	case !allowed:
		origin := r.Header.Get("Origin")
		s.refusals.note(refusedOrigin, foldOrigin(origin), "websocket refused: its origin is not allowed; "+originRemedy(origin),
			"hub", h.path, "origin", origin, "host", r.Host, "client", r.RemoteAddr)
		text(w, http.StatusForbidden, "This origin is not allowed.")
	}
	return allowed && err == nil
}

// logger returns the server's logger.
func (s *Server) logger() *slog.Logger { return s.log }
