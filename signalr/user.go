package signalr

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// A User is who makes a request, as Options.Authenticate finds out. It must not
// be changed any more.
type User struct {
	// ID is the user's name in Call.UserID and Clients.User, unless Options.UserID
	// gives another. Empty is none.
	ID string
	// Claims are what else the application knows of the user, such as the claims
	// of a token.
	Claims any
	// Expires is when the user has to be authenticated again; see
	// HubOptions.CloseOnExpiry. Zero is never.
	Expires time.Time
}

// A Policy decides whether a user may use a hub, or a method of it. The user is
// never nil. It may be called concurrently.
type Policy func(*User) bool

// Authenticated is the Policy that asks for nothing but a user.
func Authenticated(*User) bool { return true }

// userKey is the key of the *User in the context of a request.
type userKey struct{}

// userOf returns the user who makes a request that was authorized, or nil.
func userOf(r *http.Request) *User {
	user, _ := r.Context().Value(userKey{}).(*User)
	return user
}

// authorize finds out who makes a request to a route of h, and notes it in the
// request that it returns. It answers those who may not use h, and reports false.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request, h *Hub) (*http.Request, bool) {
	if s.options.Authenticate == nil {
		return r, true
	}
	user, status := s.judgeUser(r, h)
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if status != http.StatusOK {
		limitBody(w)          // which is not read
		w.WriteHeader(status) // without a body: clients have their own text for it
		return nil, false
	}
	if user == nil {
		return r, true
	}
	return r.WithContext(context.WithValue(r.Context(), userKey{}, user)), true
}

// judgeUser returns the user of a request, nil if it has none, and the status of the
// answer if that user may not use h.
func (s *Server) judgeUser(r *http.Request, h *Hub) (user *User, status int) {
	err := protect(s.logger, "Authenticate", func() (err error) {
		user, err = s.options.Authenticate(r)
		return err
	})
	switch {
	case err == nil:
	case readError(err).panicked:
		return nil, http.StatusInternalServerError
	default:
		s.log.Debug("request not authenticated", "hub", h.path, "err", err)
		user = nil
	}
	policy := h.options.Authorize
	switch {
	case policy == nil:
		return user, http.StatusOK
	case user == nil:
		return nil, http.StatusUnauthorized
	}
	status = http.StatusForbidden
	err = protect(s.logger, "Authorize", func() error {
		if policy(user) {
			status = http.StatusOK
		}
		return nil
	})
	if err != nil {
		status = http.StatusInternalServerError
	}
	return user, status
}

// errUnauthorized is why a method does not run whose Policy refuses the caller.
var errUnauthorized = errors.New("signalr: user is unauthorized")

// permits reports whether the user of a connection may invoke m.
func (m *method) permits(user *User) bool {
	return m.policy == nil || user != nil && m.policy(user)
}

// setPolicies gives methods the policies of HubOptions.AuthorizeMethods.
func setPolicies(methods methodSet, policies map[string]Policy) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		policy := policies[name]
		switch m := methods[foldTarget(name)]; {
		case m == nil:
			errs = append(errs, fmt.Errorf("AuthorizeMethods has %q, which is no hub method", name))
		case policy == nil:
			errs = append(errs, fmt.Errorf("AuthorizeMethods has no policy for %q", name))
		case m.policy != nil:
			errs = append(errs, fmt.Errorf("AuthorizeMethods has %q twice, written differently", name))
		default:
			m.policy = policy
		}
	}
	return errors.Join(errs...)
}

// refresh takes over the user of a later request for the connection. What the
// connection's user is called stays as it is, as in .NET.
func (c *connection) refresh(r *http.Request) {
	if c.server.options.Authenticate == nil {
		return
	}
	user := userOf(r)
	if before := c.principal.Swap(user); before.name() != user.name() {
		c.log().Warn("requests of one connection come from different users", "user", before.name(), "now", user.name())
	}
}

// name is the user's ID. Nobody has none.
func (u *User) name() string {
	if u == nil {
		return ""
	}
	return u.ID
}

// expired reports whether the user has to be authenticated again.
func (u *User) expired(now time.Time) bool {
	return u != nil && !u.Expires.IsZero() && !now.Before(u.Expires)
}

// userID names the connection's user.
func (c *connection) userID() (id string, err error) {
	if c.server.options.UserID == nil {
		return c.principal.Load().name(), nil
	}
	err = c.protect("UserID", func() error {
		id = c.server.options.UserID(c.request)
		return nil
	})
	return id, err
}

// lockedOut returns an error for each hub that nobody could use, or not all of,
// since nobody is ever known.
func (o Options) lockedOut() (errs []error) {
	if o.Authenticate != nil {
		return nil
	}
	for _, h := range o.Hubs {
		if h.Authorize != nil || len(h.AuthorizeMethods) > 0 || h.CloseOnExpiry || h.AuthenticationRefresh {
			errs = append(errs, fmt.Errorf("hub at %q authorizes users, but none are known; set Authenticate", h.Path))
		}
	}
	return errs
}
