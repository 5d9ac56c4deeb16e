package signalr

import (
	"log/slog"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
)

// maxRefusalsLogged is how many different refusals of one cause are logged. More are
// counted only, since clients choose the details.
const maxRefusalsLogged = 32

// A refusalCause says why requests are refused that a client cannot tell its user of.
// It is the label of signalmesh_signalr_refused_total.
type refusalCause string

const (
	refusedOrigin    refusalCause = "origin"    // CheckOrigin, or AllowedOrigins, refuses it
	refusedHijacker  refusalCause = "hijacker"  // the response writer cannot be hijacked
	refusedHandshake refusalCause = "handshake" // the request is not a WebSocket handshake
	refusedPanic     refusalCause = "panic"     // the application panicked
)

// refusals count refused requests, and log each of them once.
type refusals struct {
	log   *slog.Logger
	count *prometheus.CounterVec

	mu   sync.Mutex
	told map[refusalCause]map[string]bool // by detail
}

func newRefusals(log *slog.Logger, count *prometheus.CounterVec) *refusals {
	return &refusals{log: log, count: count, told: make(map[refusalCause]map[string]bool)}
}

// note counts a refusal and logs it at Warn, once for each cause and detail.
func (rs *refusals) note(cause refusalCause, detail, message string, args ...any) {
	rs.count.WithLabelValues(string(cause)).Inc()
	if rs.first(cause, detail) {
		rs.log.Warn(message, append(args, "cause", string(cause), "logged", "once")...)
	}
}

// first reports whether this is the first refusal of that cause and detail.
func (rs *refusals) first(cause refusalCause, detail string) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
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

// upgrade makes a WebSocket of a request. It reports false when it has refused the
// request, and answered it.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, h *Hub) (*websocket.Conn, bool) {
	if !s.originAllowed(w, r, h) {
		return nil, false
	}
	var conn *websocket.Conn
	err := protect(s.logger, "the response writer", func() (err error) {
		conn, err = s.upgrader.Upgrade(w, r, nil)
		return err
	})
	switch {
	case err == nil:
		return conn, true
	case readError(err).panicked:
		s.refusals.note(refusedPanic, "", "websocket refused: a middleware panicked", "hub", h.path, "err", err)
	case !canHijack(w):
		s.refusals.note(refusedHijacker, "", "websocket refused: a middleware hides http.Hijacker of the response writer; give its writer a method Hijack, or mount the server outside it", "hub", h.path, "err", err)
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
		s.refusals.note(refusedOrigin, origin, "websocket refused: its origin is not allowed; if pages from there may use the hub, add it to AllowedOrigins",
			"hub", h.path, "origin", origin, "host", r.Host)
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
	}
	return allowed && err == nil
}

// canHijack reports whether the upgrader can take over the connection behind w.
func canHijack(w http.ResponseWriter) bool {
	_, ok := w.(http.Hijacker)
	return ok
}

// logger returns the server's logger.
func (s *Server) logger() *slog.Logger { return s.log }
