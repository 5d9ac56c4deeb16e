package signalr

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// Options say what a Server serves and within which limits. Their zero values
// are those of ASP.NET Core where it has the setting.
type Options struct {
	// Hubs are served each at its own path. At least one.
	Hubs []HubOptions
	// Backplane reaches the other servers of the application. Nil means that
	// this server is alone. The Server does not close it.
	Backplane Backplane
	// Logger gets what an operator should know, and at Error the failures of hub
	// methods. Nil means silence, or stderr with Development.
	Logger *slog.Logger
	// Development is for a developer's own machine: it logs to stderr if Logger is nil,
	// and turns on Limits.DetailedErrors.
	Development bool
	// Metrics is where the server's metrics are registered. Nil means nowhere.
	Metrics prometheus.Registerer
	// UserID names the user of a connection, from the request that opened its
	// transport. It is called once, when the handshake is accepted; an empty
	// result is no user. Nil means the ID that Authenticate gave, if any.
	UserID func(*http.Request) string
	// Authenticate finds out who makes a request to a hub, from its token (see
	// BearerToken), a cookie, or what the application's own handlers have put into
	// its context. It is called for every request but preflight ones. Nil is
	// nobody; so is an error, which is logged. Nil as function means that nobody is
	// ever known.
	Authenticate func(*http.Request) (*User, error)
	// Values say how Go values become those of messages, where they are not to be
	// as the JSON and MessagePack of package protocol say. All servers of an application
	// should have the same.
	Values protocol.Values
	// Filters wrap what clients make any hub do, the first outermost.
	Filters []Filter
	// AllowedOrigins are the origins, such as "https://app.example", whose pages
	// may use the hubs, with credentials, besides pages of the server's own
	// origin. They are matched exactly, but for case and default ports; there are
	// no wildcards. Empty means no others: no CORS header is ever sent.
	AllowedOrigins []string
	// CheckOrigin decides whether a WebSocket of this Origin is let in, whatever
	// AllowedOrigins says. Nil allows the server's own origin, AllowedOrigins, and
	// clients that are no browsers.
	CheckOrigin func(*http.Request) bool

	// TrustedProxies are the addresses of the proxies whose X-Forwarded-For, -Proto and
	// -Host are believed: IP addresses, networks such as "10.0.0.0/8", and "unix" for
	// all clients of a unix socket. Then Request.RemoteAddr and Host are those of the
	// client. Empty means none: anybody can send these headers.
	TrustedProxies []string
	// AllowedHosts are the host names under which hubs are served, such as
	// "app.example.net" or "*.example.net", against DNS rebinding. IP addresses and
	// localhost are always allowed. "*" is every name. Empty means every name, unless the
	// request came to a loopback address directly and asked for the port of the listener
	// there: then a browser took a name for that address.
	AllowedHosts []string

	// Limits hold for all hubs that have none of their own.
	Limits

	// NegotiateTimeout is how long a negotiated connection may stay unopened
	// before it is forgotten. Zero means 15 s.
	NegotiateTimeout time.Duration
	// PollTimeout is how long a long poll waits for something to send before it
	// is answered with nothing. It must be shorter than the time that proxies wait for
	// a response, usually 60 s, and than the clients' own limit, 100 s in JavaScript.
	// Zero means 50 s. ASP.NET Core has 90 s.
	PollTimeout time.Duration
	// PollGap is how long a long-polling client may take from the end of one poll
	// to the next before it counts as gone. Zero means 15 s.
	PollGap time.Duration
	// StatefulGap is how long a client with stateful reconnect may take to come
	// back once its WebSocket is lost, before it counts as gone. Zero means 15 s.
	StatefulGap time.Duration
	// WriteTimeout is how long one write to a client may take before its
	// connection is closed. Zero means 10 s.
	WriteTimeout time.Duration
	// GroupTimeout limits how long joining or leaving a group, and announcing a
	// new connection, may wait for other servers. Zero means 30 s.
	GroupTimeout time.Duration
	// SendTimeout limits how long a send from a hub method may wait for a busy
	// backplane. Zero means 5 s.
	SendTimeout time.Duration
	// MaxSendSize is the length in bytes of the longest message that is sent to clients,
	// in each hub protocol by itself. A longer one fails with ErrTooLarge before it is sent,
	// with a backplane or without. A backplane has to carry twice as much, and 512 KiB.
	// All servers of an application should have the same. Zero means 24 MiB.
	MaxSendSize int
	// MaxNegotiations is how many negotiated connections may wait to be opened. Beyond
	// that the oldest is forgotten. Each takes about 1 kB. Zero means 131,072.
	MaxNegotiations int
	// MaxNegotiationsPerAddress is how many of them one client address may have: an IPv4
	// address, or an IPv6 network of 64 bits. Beyond that its own oldest is forgotten.
	// Behind a proxy that hides the clients' addresses all are one address. Zero means
	// 16,384.
	MaxNegotiationsPerAddress int
	// MaxGroupBytes is how many bytes the names of the groups of this server may take on
	// the backplane, with 64 for each. Beyond that no more groups can be joined here, so
	// that connections and users still can be announced. Zero means 96 MiB, three
	// quarters of the limit of a node's mesh.
	MaxGroupBytes int
	// ShutdownSpread is the time over which Shutdown sends its Close messages, in random
	// order, so that the clients do not all reconnect at the same time. Zero means
	// immediately. See Drain.
	ShutdownSpread time.Duration
}

// HubOptions mount one hub.
type HubOptions struct {
	// Path is where the hub is served, such as "/chat" or "/". It is matched without
	// regard to case. One hub may be served at several paths, by a HubOptions with the
	// same Hub and Name for each. Sends and groups treat it as one hub, and each path has
	// its own Transports, Limits, Authorize and other settings.
	Path string
	// Hub is the hub: a value whose exported methods are the hub methods; see Methods.
	// It serves all calls, concurrently. Without methods it is for sending only.
	Hub any
	// Methods choose which methods of Hub clients can call.
	Methods Methods
	// Name is what the hub is called on the backplane. All servers of an
	// application must use the same one; for .NET servers it is the full type
	// name, such as "Chat.Hubs.ChatHub". It holds no colon. Empty means the name
	// of Hub's type.
	Name string
	// Transports are those that clients may use. Zero means all.
	Transports Transports
	// StatefulReconnect lets clients that ask for it go on with their connection
	// over a new WebSocket after one was lost: with the same ID, groups and running
	// invocations, and without losing messages. Such a client must come back to the
	// same server.
	StatefulReconnect bool
	// Limits are the hub's own. Zero fields are the server's.
	Limits
	// Authorize decides who may use the hub. It is asked for every request, with
	// the user that Options.Authenticate gave: 401 is the answer if there is none,
	// and 403 if it refuses. Nil lets everybody in.
	Authorize Policy
	// AuthorizeMethods decide, by the names of hub methods, who may invoke them.
	// Others may be invoked by everybody who may use the hub.
	AuthorizeMethods map[string]Policy
	// CloseOnExpiry closes connections when their user expires. Their clients may
	// reconnect. With long polling each poll can renew the user.
	CloseOnExpiry bool
	// AuthenticationRefresh lets clients renew the user of an open connection by a POST
	// to the path of the hub and "/refresh", as clients of .NET 11 do. The new user takes
	// the place of the old one, with its Expires and Claims, if both have the same ID. A
	// client learns by negotiation in how many seconds its user expires.
	AuthenticationRefresh bool
	// MinimumProtocolVersion is the lowest version of the negotiate protocol that is
	// accepted: 0 or 1. Clients older than .NET Core 3.1 use version 0, in which the ID
	// of a connection, which others may learn, is also its secret token. Clients that skip
	// the negotiation are not affected. Zero means every version.
	MinimumProtocolVersion int
	// Filters wrap what clients make the hub do, the first outermost, inside those
	// of Options.
	Filters []Filter
}

// DefaultMaxSendSize is the MaxSendSize of zero, in bytes.
const DefaultMaxSendSize = 24 << 20

// complete returns o with its zero fields filled in, or every reason it is wrong.
func (o Options) complete() (Options, error) {
	o.NegotiateTimeout = cmp.Or(o.NegotiateTimeout, 15*time.Second)
	o.PollTimeout = cmp.Or(o.PollTimeout, 50*time.Second)
	o.PollGap = cmp.Or(o.PollGap, 15*time.Second)
	o.StatefulGap = cmp.Or(o.StatefulGap, 15*time.Second)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 10*time.Second)
	o.GroupTimeout = cmp.Or(o.GroupTimeout, 30*time.Second)
	o.SendTimeout = cmp.Or(o.SendTimeout, 5*time.Second)
	o.MaxSendSize = cmp.Or(o.MaxSendSize, DefaultMaxSendSize)
	o.MaxNegotiations = cmp.Or(o.MaxNegotiations, 1<<17)
	o.MaxNegotiationsPerAddress = cmp.Or(o.MaxNegotiationsPerAddress, 1<<14)
	o.MaxGroupBytes = cmp.Or(o.MaxGroupBytes, 96<<20)
	o.Logger = newLogger(o.Logger, o.Development)
	o.DetailedErrors = o.DetailedErrors || o.Development

	var errs []error
	o.Limits, errs = o.Limits.complete(defaults)
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"NegotiateTimeout", o.NegotiateTimeout}, {"PollTimeout", o.PollTimeout}, {"PollGap", o.PollGap},
		{"WriteTimeout", o.WriteTimeout}, {"GroupTimeout", o.GroupTimeout}, {"SendTimeout", o.SendTimeout}, {"ShutdownSpread", o.ShutdownSpread},
		{"StatefulGap", o.StatefulGap},
	} {
		if d.value < 0 {
			errs = append(errs, fmt.Errorf("%s %v is negative", d.name, d.value))
		}
	}
	for _, n := range []struct {
		name  string
		value int
	}{
		{"MaxSendSize", o.MaxSendSize}, {"MaxNegotiations", o.MaxNegotiations},
		{"MaxNegotiationsPerAddress", o.MaxNegotiationsPerAddress}, {"MaxGroupBytes", o.MaxGroupBytes},
	} {
		if n.value < 0 {
			errs = append(errs, fmt.Errorf("%s %d is negative", n.name, n.value))
		}
	}
	if nilPointer(o.Backplane) {
		errs = append(errs, fmt.Errorf("Backplane is a nil %T; leave the field out for a server that is alone", o.Backplane))
	}
	if nilPointer(o.Metrics) {
		errs = append(errs, fmt.Errorf("option Metrics is a nil %T; leave the field out for no metrics", o.Metrics))
	}
	origins, faults := foldOrigins(o.AllowedOrigins)
	o.AllowedOrigins, errs = origins, append(errs, faults...)
	errs = append(errs, o.wrongBehind()...)
	hubs, err := completeHubs(o.Hubs, o.Limits)
	o.Hubs = hubs
	errs = append(errs, o.lockedOut()...)
	return o, errors.Join(append(errs, err)...)
}

// completeHubs returns hubs with their names and limits filled in, or every
// reason they are wrong. It leaves the caller's slice alone.
func completeHubs(hubs []HubOptions, limits Limits) ([]HubOptions, error) {
	if len(hubs) == 0 {
		return nil, errors.New("no hubs; add a HubOptions with a Path and a Hub")
	}
	var errs []error
	paths, names := make(map[string]bool), make(map[string]any)
	completed := make([]HubOptions, 0, len(hubs))
	for _, h := range hubs {
		path := foldPath(h.Path)
		if !strings.HasPrefix(h.Path, "/") {
			errs = append(errs, fmt.Errorf("hub path %q does not begin with a slash", h.Path))
		} else if paths[path] {
			errs = append(errs, fmt.Errorf("hub path %q is used twice", h.Path))
		}
		paths[path] = true
		if h.Hub == nil {
			errs = append(errs, fmt.Errorf("hub at %q is nil", h.Path))
			continue
		}
		if nilPointer(h.Hub) {
			errs = append(errs, fmt.Errorf("hub at %q is a nil %T; pass one that is made", h.Path, h.Hub))
			continue
		}
		if h.Transports&^allTransports != 0 {
			errs = append(errs, fmt.Errorf("hub at %q has unknown transports: %v", h.Path, h.Transports))
		}
		if h.MinimumProtocolVersion < 0 || h.MinimumProtocolVersion > maxNegotiateVersion {
			errs = append(errs, fmt.Errorf("hub at %q has MinimumProtocolVersion %d; it is 0 or %d", h.Path, h.MinimumProtocolVersion, maxNegotiateVersion))
		}
		h.Transports = cmp.Or(h.Transports, allTransports)
		own := h.Limits != (Limits{}) // else the server's faults are told already
		var faults []error
		if h.Limits, faults = h.Limits.complete(limits); own {
			for _, err := range faults {
				errs = append(errs, fmt.Errorf("hub at %q: %w", h.Path, err))
			}
		}
		h.Name = cmp.Or(h.Name, typeName(reflect.TypeOf(h.Hub)))
		switch {
		case h.Name == "":
			errs = append(errs, fmt.Errorf("hub at %q has a type without a name; set its Name", h.Path))
		case strings.Contains(h.Name, ":"):
			errs = append(errs, fmt.Errorf("hub name %q holds a colon, which ends the name on the backplane", h.Name))
		case names[h.Name] != nil && !sameHub(names[h.Name], h.Hub):
			errs = append(errs, fmt.Errorf("hub name %q is used twice; give each hub its own Name, or the same pointer as Hub at several paths", h.Name))
		}
		names[h.Name] = h.Hub
		completed = append(completed, h)
	}
	for _, h := range hubs {
		if h.AuthenticationRefresh && paths[foldPath(strings.TrimSuffix(foldPath(h.Path), "/")+"/refresh")] {
			errs = append(errs, fmt.Errorf("hub at %q has AuthenticationRefresh, and another hub has the path of its refreshes; choose another path", h.Path))
		}
		if parent, ok := strings.CutSuffix(foldPath(h.Path), "/negotiate"); ok && paths[cmp.Or(parent, "/")] {
			errs = append(errs, fmt.Errorf("hub path %q is where clients of the hub at %q negotiate; choose another path", h.Path, cmp.Or(parent, "/")))
		}
	}
	return completed, errors.Join(errs...)
}

// sameHub reports whether a and b are one hub, which then may be at several paths.
func sameHub(a, b any) bool {
	return reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.ValueOf(a).Comparable() && a == b
}

// typeName returns the name of t, or of what it points to.
func typeName(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

// nilPointer reports whether v is a pointer that is nil, in an interface that is not.
func nilPointer(v any) bool {
	of := reflect.ValueOf(v)
	return of.Kind() == reflect.Pointer && of.IsNil()
}
