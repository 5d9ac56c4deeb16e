package signalr

import (
	"cmp"
	"io"
	"net/http"
	"strings"

	"github.com/gorilla/websocket"
)

// The routes of a hub.
type hubRoute uint8

const (
	routeHub       hubRoute = iota // the path of the hub
	routeNegotiate                 // "/negotiate" below it
	routeRefresh                   // "/refresh" below it, with AuthenticationRefresh
)

// ServeHTTP serves the routes of each hub: its path and, below it, "/negotiate" and,
// with HubOptions.AuthenticationRefresh, "/refresh". Paths are matched without regard to case. The server may be
// mounted at "/" or at each of the paths; see also Before.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = s.proxies.Apply(r)
	if !dropBody(w, r) || !s.checkHost(w, r) {
		return
	}
	h, route := s.route(r.URL.Path)
	if h == nil {
		http.NotFound(w, r)
		return
	}
	methods, serve := "POST", s.serveNegotiate
	switch route {
	case routeHub:
		methods, serve = "GET, POST, DELETE", s.serveHub
	case routeRefresh:
		serve = s.serveRefresh
	}
	if s.shareAcrossOrigins(w, r, methods) {
		return
	}
	if r, ok := s.authorize(w, r, h); ok {
		serve(w, r, h)
	}
}

// route returns the hub that a path belongs to, nil if there is none, and which of its
// routes the path is.
func (s *Server) route(path string) (*Hub, hubRoute) {
	path = foldPath(path)
	if h := s.hubs[path]; h != nil {
		return h, routeHub
	}
	if parent, ok := strings.CutSuffix(path, "/negotiate"); ok {
		return s.hubs[foldPath(cmp.Or(parent, "/"))], routeNegotiate
	}
	if parent, ok := strings.CutSuffix(path, "/refresh"); ok {
		if h := s.hubs[foldPath(cmp.Or(parent, "/"))]; h != nil && h.options.AuthenticationRefresh {
			return h, routeRefresh
		}
	}
	return nil, routeHub
}

// Serves reports whether a path is one of those that the server answers: that of a
// hub, of its negotiation, or of its refresh.
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
