package signalr

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxNegotiateVersion is the highest version of the negotiate protocol.
const maxNegotiateVersion = 1

// A negotiateResponse is what a client learns by negotiating, in the order in
// which .NET writes it.
type negotiateResponse struct {
	Stateful   bool                 `json:"useStatefulReconnect,omitempty"`
	Version    int                  `json:"negotiateVersion"`
	ID         string               `json:"connectionId"`
	Token      string               `json:"connectionToken,omitempty"`
	Lifetime   int                  `json:"tokenLifetimeSeconds,omitempty"` // with AuthenticationRefresh
	Transports []availableTransport `json:"availableTransports"`
}

type availableTransport struct {
	Transport string   `json:"transport"`
	Formats   []string `json:"transferFormats"`
}

// serveNegotiate answers a negotiate request. What is wrong with it is told
// with status 200, as clients expect.
func (s *Server) serveNegotiate(w http.ResponseWriter, r *http.Request, h *Hub) {
	if r.Method != http.MethodPost {
		methodNotAllowed(w, http.MethodPost)
		return
	}
	limitBody(w) // which is not read
	if !s.admits() {
		notAdmitting(w)
		return
	}
	version, refusal := negotiateVersion(queryValue(r.URL.Query(), "negotiateVersion"), h.options.MinimumProtocolVersion)
	if refusal != "" {
		writeJSON(w, map[string]string{"error": refusal})
		return
	}
	n := newNegotiated(h, r)
	answer := negotiateResponse{Version: version, ID: n.id, Transports: h.transports.available()}
	if version == 0 {
		n.token = n.id
	} else {
		answer.Token = n.token
		if h.options.AuthenticationRefresh {
			answer.Lifetime = userOf(r).lifetime(time.Now())
		}
	}
	if h.stateful && strings.EqualFold(queryValue(r.URL.Query(), "useStatefulReconnect"), "true") {
		answer.Stateful = true
		n.link = newLink(s.options.StatefulGap, h.options.StatefulBuffer)
	}
	s.negotiations.add(n, time.Now().Add(s.options.NegotiateTimeout))
	writeJSON(w, answer)
}

// negotiateVersion returns the version to answer with, or why there is none.
// A version that is not given is 0.
func negotiateVersion(asked string, minimum int) (version int, refusal string) {
	version, err := strconv.Atoi(cmp.Or(asked, "0"))
	switch {
	case err != nil:
		return 0, "The client requested a non-integer protocol version."
	case version < minimum:
		return 0, fmt.Sprintf("The client requested version '%d', but the server does not support this version.", version)
	}
	return min(version, maxNegotiateVersion), ""
}

func writeJSON(w http.ResponseWriter, v any) { writeJSONStatus(w, http.StatusOK, v) }

func writeJSONStatus(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
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
