package signalr

import (
	"cmp"
	"io"
	"net/http"
	"strings"

	"github.com/gorilla/websocket"
)

// ServeHTTP serves the two routes of each hub: its path and, below it,
// "/negotiate". Paths are matched without regard to case. The server may be
// mounted at "/" or at each of the paths; see also Before.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = s.proxies.Apply(r)
	if !dropBody(w, r) || !s.checkHost(w, r) {
		return
	}
	h, negotiate := s.route(r.URL.Path)
	switch {
	case h == nil:
		http.NotFound(w, r)
	case negotiate:
		if s.shareAcrossOrigins(w, r, "POST") {
			return
		}
		if r, ok := s.authorize(w, r, h); ok {
			s.serveNegotiate(w, r, h)
		}
	default:
		if s.shareAcrossOrigins(w, r, "GET, POST, DELETE") {
			return
		}
		if r, ok := s.authorize(w, r, h); ok {
			s.serveHub(w, r, h)
		}
	}
}

// route returns the hub that a path belongs to, nil if there is none, and whether the
// path is that of its negotiation.
func (s *Server) route(path string) (h *Hub, negotiate bool) {
	path = foldPath(path)
	if h := s.hubs[path]; h != nil {
		return h, false
	}
	if parent, ok := strings.CutSuffix(path, "/negotiate"); ok {
		return s.hubs[foldPath(cmp.Or(parent, "/"))], true
	}
	return nil, false
}

// Serves reports whether a path is one of those that the server answers: that of a
// hub, or of its negotiation.
func (s *Server) Serves(path string) bool {
	h, _ := s.route(path)
	return h != nil
}

// Before returns a handler that serves the paths of the hubs, in whatever letter case
// they are written, and passes everything else on to next. An http.ServeMux
// distinguishes cases: mounted there, the hubs are found only at the paths given to the
// mux.
func (s *Server) Before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Serves(r.URL.Path) {
			s.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// serveHub answers a request to a hub's own route.
func (s *Server) serveHub(w http.ResponseWriter, r *http.Request, h *Hub) {
	token := queryValue(r.URL.Query(), "id")
	s.watchStrays(r, h, token)
	switch r.Method {
	case http.MethodGet:
		s.serveTransport(w, r, h, token)
	case http.MethodPost:
		s.servePost(w, r, h, token)
	case http.MethodDelete:
		s.serveDelete(w, h, token)
	default:
		methodNotAllowed(w, http.MethodGet, http.MethodPost, http.MethodDelete)
	}
}

// serveTransport answers a request that opens a transport, or polls. Server-sent
// events are looked for before WebSockets, as in .NET.
func (s *Server) serveTransport(w http.ResponseWriter, r *http.Request, h *Hub, token string) {
	switch {
	case acceptsEventStream(r):
		s.serveEvents(w, r, h, token)
	case isWebSocket(r):
		s.serveWebSocket(w, r, h, token)
	default:
		s.servePoll(w, r, h, token)
	}
}

// isWebSocket reports whether a request asks for a WebSocket. Some proxies put the
// headers Upgrade and Connection into every request, but not a key.
func isWebSocket(r *http.Request) bool {
	return websocket.IsWebSocketUpgrade(r) && r.Header.Get("Sec-WebSocket-Key") != ""
}

// acceptsEventStream reports whether the client asks for server-sent events.
func acceptsEventStream(r *http.Request) bool {
	for _, accept := range r.Header.Values("Accept") {
		for media := range strings.SplitSeq(accept, ",") {
			media, _, _ = strings.Cut(media, ";")
			if strings.EqualFold(strings.TrimSpace(media), "text/event-stream") {
				return true
			}
		}
	}
	return false
}

func methodNotAllowed(w http.ResponseWriter, allowed ...string) {
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	text(w, http.StatusMethodNotAllowed, "")
}

// text answers with a plain text, exactly as given.
func text(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(status)
	io.WriteString(w, body)
}

// foldPath makes paths equal that differ by case or a slash at the end only.
func foldPath(path string) string {
	path = strings.ToLower(path)
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	return path
}
