package signalr

import (
	"cmp"
	"net/http"
	"time"
)

// tokenHeader is where clients of .NET 11 repeat the connection token of a refresh.
const tokenHeader = "X-SignalR-Connection-Token"

// A refreshAnswer is the answer to a request that refreshes the authentication of a
// connection. Lifetime is left out for a user that does not expire.
type refreshAnswer struct {
	Lifetime int `json:"tokenLifetimeSeconds,omitempty"`
}

// A refreshRefusal is the answer to a request that does not refresh it, in the words
// of ASP.NET Core 11.
type refreshRefusal struct {
	status      int
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

var (
	refreshWithoutID     = &refreshRefusal{http.StatusBadRequest, "missing_connection_token", "The 'id' query string parameter is required."}
	refreshOfNone        = &refreshRefusal{http.StatusNotFound, "connection_not_found", "No active connection with the specified ID."}
	refreshByNobody      = &refreshRefusal{http.StatusUnauthorized, "invalid_token", "Authentication failed."}
	refreshByAnotherUser = &refreshRefusal{http.StatusForbidden, "permission_change_rejected", "The connection belongs to another user."}
)

// serveRefresh answers a request that brings the user of an open connection a new
// expiry and new claims. A different user is refused, and the connection does
// not change.
func (s *Server) serveRefresh(w http.ResponseWriter, r *http.Request, h *Hub) {
	if r.Method != http.MethodPost {
		methodNotAllowed(w, http.MethodPost)
		return
	}
	limitBody(w) // which is not read
	token := cmp.Or(queryValue(r.URL.Query(), "id"), r.Header.Get(tokenHeader))
	c, user := s.negotiations.connection(h, token), userOf(r)
	var no *refreshRefusal
	switch {
	case token == "":
		no = refreshWithoutID
	case c == nil:
		no = refreshOfNone
	case user == nil:
		no = refreshByNobody
	case user.name() != c.principal.Load().name():
		no = refreshByAnotherUser
		c.log().Warn("authentication not refreshed: the token is that of another user; the connection must be made anew for that user",
			"user", c.principal.Load().name(), "now", user.name())
	}
	if no != nil {
		writeJSONStatus(w, no.status, no)
		return
	}
	c.refresh(r)
	c.log().Debug("authentication refreshed", "user", user.name(), "expires", user.Expires)
	writeJSON(w, refreshAnswer{Lifetime: user.lifetime(time.Now())})
}

// connection returns the open connection that has the token, or nil.
func (ns *negotiations) connection(h *Hub, token string) *connection {
	ns.mu.Lock()
	n, no := ns.find(h, token)
	ns.mu.Unlock()
	if no != nil || n.token == n.id { // version 0 of negotiation has no secret token
		return nil
	}
	return h.registry.connection(n.id)
}

// lifetime returns for how many seconds the user stays authenticated: 0 if that is
// not known, or over.
func (u *User) lifetime(now time.Time) int {
	if u == nil || u.Expires.IsZero() {
		return 0
	}
	return int(max(0, u.Expires.Sub(now)) / time.Second)
}
