package signalr

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// maxNegotiateVersion is the highest version of the negotiate protocol.
	maxNegotiateVersion = 1
	// maxNegotiations is how many negotiated connections may wait to be opened.
	// It bounds what a flood of negotiate requests can make the server hold.
	maxNegotiations = 1 << 17
)

// A negotiateResponse is what a client learns by negotiating, in the order in
// which .NET writes it.
type negotiateResponse struct {
	Version    int                  `json:"negotiateVersion"`
	ID         string               `json:"connectionId"`
	Token      string               `json:"connectionToken,omitempty"`
	Transports []availableTransport `json:"availableTransports"`
}

type availableTransport struct {
	Transport string   `json:"transport"`
	Formats   []string `json:"transferFormats"`
}

// availableTransports are offered to every client.
var availableTransports = []availableTransport{
	{Transport: "WebSockets", Formats: []string{"Text", "Binary"}},
}

// serveNegotiate answers a negotiate request. What is wrong with it is told
// with status 200, as clients expect.
func (s *Server) serveNegotiate(w http.ResponseWriter, r *http.Request, h *Hub) {
	if r.Method != http.MethodPost {
		methodNotAllowed(w, http.MethodPost)
		return
	}
	if s.closing() {
		http.Error(w, ErrServerClosed.Error(), http.StatusServiceUnavailable)
		return
	}
	version, refusal := negotiateVersion(queryValue(r.URL.Query(), "negotiateVersion"))
	if refusal != "" {
		writeJSON(w, map[string]string{"error": refusal})
		return
	}
	n := newNegotiated(h)
	answer := negotiateResponse{Version: version, ID: n.id, Transports: availableTransports}
	if version == 0 {
		n.token = n.id
	} else {
		answer.Token = n.token
	}
	if !s.negotiations.add(n, time.Now().Add(s.options.NegotiateTimeout)) {
		http.Error(w, "Too many connections are being negotiated; try again later.", http.StatusServiceUnavailable)
		return
	}
	writeJSON(w, answer)
}

// negotiateVersion returns the version to answer with, or why there is none.
func negotiateVersion(asked string) (version int, refusal string) {
	if asked == "" {
		return 0, ""
	}
	version, err := strconv.Atoi(asked)
	switch {
	case err != nil:
		return 0, "The client requested a non-integer protocol version."
	case version < 0:
		return 0, fmt.Sprintf("The client requested version '%d', but the server does not support this version.", version)
	}
	return min(version, maxNegotiateVersion), ""
}

func writeJSON(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}

// queryValue returns the first value of a query key, in whatever case it is
// written.
func queryValue(q url.Values, key string) string {
	for k, values := range q {
		if strings.EqualFold(k, key) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// A negotiated is a connection that a client may open, or has opened.
type negotiated struct {
	hub   *Hub
	id    string // public
	token string // secret
	// expires is when it is forgotten unless it has been opened; zero while it
	// is open. Guarded by negotiations.mu.
	expires time.Time
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

// negotiations are the negotiated connections by their tokens.
type negotiations struct {
	patience time.Duration // for one whose opening failed

	mu      sync.Mutex
	byToken map[string]*negotiated
}

func newNegotiations(patience time.Duration) *negotiations {
	return &negotiations{patience: patience, byToken: make(map[string]*negotiated)}
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

// known reports whether a token belongs to a connection of h.
func (ns *negotiations) known(h *Hub, token string) bool {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	n := ns.byToken[token]
	return n != nil && n.hub == h
}

// claim opens the connection that belongs to token, or returns the HTTP status
// that says why it cannot be opened.
func (ns *negotiations) claim(h *Hub, token string) (n *negotiated, status int) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	n = ns.byToken[token]
	switch {
	case n == nil || n.hub != h:
		return nil, http.StatusNotFound
	case n.expires.IsZero():
		return nil, http.StatusConflict
	}
	n.expires = time.Time{}
	return n, 0
}

// unclaim lets the client try again. One that is not in the table stays out.
func (ns *negotiations) unclaim(n *negotiated) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	n.expires = time.Now().Add(ns.patience)
}

// remove forgets n.
func (ns *negotiations) remove(n *negotiated) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	delete(ns.byToken, n.token)
}

// expire forgets those that nobody opened in time.
func (ns *negotiations) expire(now time.Time) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	for token, n := range ns.byToken {
		if !n.expires.IsZero() && now.After(n.expires) {
			delete(ns.byToken, token)
		}
	}
}
