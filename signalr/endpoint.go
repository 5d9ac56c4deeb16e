package signalr

import (
	"io"
	"net/http"
	"strings"

	"github.com/gorilla/websocket"
)

// ServeHTTP serves the two routes of each hub: its path and, below it,
// "/negotiate". Paths are matched without regard to case. The server may be
// mounted at "/" or at each of the paths.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := foldPath(r.URL.Path)
	if h := s.hubs[path]; h != nil {
		s.serveHub(w, r, h)
		return
	}
	if parent, ok := strings.CutSuffix(path, "/negotiate"); ok {
		if h := s.hubs[foldPath(parent)]; h != nil {
			s.serveNegotiate(w, r, h)
			return
		}
	}
	http.NotFound(w, r)
}

// serveHub answers a request to a hub's own route.
func (s *Server) serveHub(w http.ResponseWriter, r *http.Request, h *Hub) {
	token := queryValue(r.URL.Query(), "id")
	switch r.Method {
	case http.MethodGet:
		s.serveTransport(w, r, h, token)
	case http.MethodPost:
		if s.knows(w, h, token) {
			text(w, http.StatusMethodNotAllowed, "POST requests are not allowed for WebSocket connections.")
		}
	case http.MethodDelete:
		if s.knows(w, h, token) {
			text(w, http.StatusBadRequest, "Cannot terminate this connection using the DELETE endpoint.")
		}
	default:
		methodNotAllowed(w, http.MethodGet, http.MethodPost, http.MethodDelete)
	}
}

// serveTransport answers a request that opens a transport. Server-sent events
// are looked for before WebSockets, as in .NET.
func (s *Server) serveTransport(w http.ResponseWriter, r *http.Request, h *Hub, token string) {
	disabled := ""
	switch {
	case acceptsEventStream(r):
		disabled = "ServerSentEvents"
	case !websocket.IsWebSocketUpgrade(r):
		disabled = "LongPolling"
	default:
		s.serveWebSocket(w, r, h, token)
		return
	}
	if s.knows(w, h, token) {
		text(w, http.StatusNotFound, disabled+" transport not supported by this end point type")
	}
}

// knows reports whether the token is that of a connection of h, and answers the
// request if not.
func (s *Server) knows(w http.ResponseWriter, h *Hub, token string) bool {
	if token == "" {
		text(w, http.StatusBadRequest, "Connection ID required")
		return false
	}
	if !s.negotiations.known(h, token) {
		refuse(w, http.StatusNotFound)
		return false
	}
	return true
}

// refuse answers a request for a connection that cannot be opened.
func refuse(w http.ResponseWriter, status int) {
	body := ""
	if status == http.StatusNotFound {
		body = "No Connection with that ID"
	}
	text(w, status, body)
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
