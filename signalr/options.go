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
)

// Options say what a Server serves and within which limits. Their zero values
// are those of ASP.NET Core where it has the setting.
type Options struct {
	// Hubs are served each at its own path. At least one.
	Hubs []HubOptions
	// Backplane reaches the other servers of the application. Nil means that
	// this server is alone. The Server does not close it.
	Backplane Backplane
	// Logger gets what an operator should know. Nil means silence.
	Logger *slog.Logger
	// Metrics is where the server's metrics are registered. Nil means nowhere.
	Metrics prometheus.Registerer
	// UserID names the user of a connection, from the request that opened its
	// transport. It is called once, when the handshake is accepted; an empty
	// result is no user. Nil means that no connection has a user.
	UserID func(*http.Request) string
	// AllowedOrigins are the origins, such as "https://app.example", whose pages
	// may use the hubs, with credentials, besides pages of the server's own
	// origin. They are matched exactly, but for case and default ports; there are
	// no wildcards. Empty means no others: no CORS header is ever sent.
	AllowedOrigins []string
	// CheckOrigin decides whether a WebSocket of this Origin is let in, whatever
	// AllowedOrigins says. Nil allows the server's own origin, AllowedOrigins, and
	// clients that are no browsers.
	CheckOrigin func(*http.Request) bool

	// KeepAlive is how often a client is sent a ping. Zero means 15 s. It should
	// be at most half of the clients' server timeout, which is 30 s by default.
	KeepAlive time.Duration
	// ClientTimeout is how long a client that has sent a ping may be silent
	// before its connection is closed. It must be longer than KeepAlive. Zero
	// means 30 s, or twice KeepAlive if that is more.
	ClientTimeout time.Duration
	// HandshakeTimeout is how long a client has for its handshake. Zero means 15 s.
	HandshakeTimeout time.Duration
	// NegotiateTimeout is how long a negotiated connection may stay unopened
	// before it is forgotten. Zero means 15 s.
	NegotiateTimeout time.Duration
	// PollTimeout is how long a long poll waits for something to send before it
	// is answered with nothing. It must be shorter than the clients' own limit,
	// which is 100 s in JavaScript. Zero means 90 s.
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

	// MaxMessageSize is the length in bytes of the longest message taken from a
	// client, framing included. A larger one closes the connection. Zero means
	// 32 KiB. A client can make the server hold this much for each connection.
	MaxMessageSize int
	// OutboxSize is how many bytes may wait to be written to one connection
	// before it is closed with ErrSlow. Zero means 16 MiB.
	OutboxSize int
	// StatefulBuffer is how many bytes a client with stateful reconnect may leave
	// unacknowledged before what else is sent to it waits in its outbox. One
	// message may exceed it. Zero means 100,000. The server can hold this much for
	// each such connection, though what is sent to many is held once.
	StatefulBuffer int
	// ParallelInvocations is how many invocations of one client run at a time.
	// Zero means 1: they run one after another, in order.
	ParallelInvocations int
	// StreamBuffer is how many items of one upload stream are held for a hub
	// method that does not take them. When it is full, nothing more is read from
	// the client. Zero means 10.
	StreamBuffer int
	// MaxStreams is how many invocations with streams, in either direction, one
	// client may have running. One more fails. Zero means 1000. Each costs a
	// goroutine, and a client can make each upload hold StreamBuffer messages of
	// MaxMessageSize.
	MaxStreams int
	// DetailedErrors shows the text of every error to the client that caused it,
	// not only that of a HubError. Such texts can give secrets away. The client
	// reads an error's kind before its text: what its method ErrorName() string
	// returns, if it has one, and "Exception" otherwise.
	DetailedErrors bool
}

// HubOptions mount one hub.
type HubOptions struct {
	// Path is where the hub is served, such as "/chat". It is matched without
	// regard to case.
	Path string
	// Hub is the hub: a value whose exported methods are the hub methods. It
	// serves all calls, concurrently.
	Hub any
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
}

// complete returns o with its zero fields filled in, or every reason it is wrong.
func (o Options) complete() (Options, error) {
	o.KeepAlive = cmp.Or(o.KeepAlive, 15*time.Second)
	o.ClientTimeout = cmp.Or(o.ClientTimeout, max(30*time.Second, 2*o.KeepAlive))
	o.HandshakeTimeout = cmp.Or(o.HandshakeTimeout, 15*time.Second)
	o.NegotiateTimeout = cmp.Or(o.NegotiateTimeout, 15*time.Second)
	o.PollTimeout = cmp.Or(o.PollTimeout, 90*time.Second)
	o.PollGap = cmp.Or(o.PollGap, 15*time.Second)
	o.StatefulGap = cmp.Or(o.StatefulGap, 15*time.Second)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 10*time.Second)
	o.GroupTimeout = cmp.Or(o.GroupTimeout, 30*time.Second)
	o.SendTimeout = cmp.Or(o.SendTimeout, 5*time.Second)
	o.MaxMessageSize = cmp.Or(o.MaxMessageSize, 32<<10)
	o.OutboxSize = cmp.Or(o.OutboxSize, 16<<20)
	o.StatefulBuffer = cmp.Or(o.StatefulBuffer, 100_000)
	o.ParallelInvocations = cmp.Or(o.ParallelInvocations, 1)
	o.StreamBuffer = cmp.Or(o.StreamBuffer, 10)
	o.MaxStreams = cmp.Or(o.MaxStreams, 1000)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}

	var errs []error
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"KeepAlive", o.KeepAlive}, {"ClientTimeout", o.ClientTimeout},
		{"HandshakeTimeout", o.HandshakeTimeout}, {"NegotiateTimeout", o.NegotiateTimeout},
		{"PollTimeout", o.PollTimeout}, {"PollGap", o.PollGap},
		{"StatefulGap", o.StatefulGap},
		{"WriteTimeout", o.WriteTimeout}, {"GroupTimeout", o.GroupTimeout}, {"SendTimeout", o.SendTimeout},
	} {
		if d.value < 0 {
			errs = append(errs, fmt.Errorf("%s %v is negative", d.name, d.value))
		}
	}
	for _, n := range []struct {
		name  string
		value int
	}{
		{"MaxMessageSize", o.MaxMessageSize}, {"OutboxSize", o.OutboxSize}, {"ParallelInvocations", o.ParallelInvocations},
		{"StreamBuffer", o.StreamBuffer}, {"MaxStreams", o.MaxStreams},
		{"StatefulBuffer", o.StatefulBuffer},
	} {
		if n.value < 0 {
			errs = append(errs, fmt.Errorf("%s %d is negative", n.name, n.value))
		}
	}
	if o.ClientTimeout <= o.KeepAlive {
		errs = append(errs, fmt.Errorf("ClientTimeout %v is not longer than KeepAlive %v", o.ClientTimeout, o.KeepAlive))
	}
	origins, faults := foldOrigins(o.AllowedOrigins)
	o.AllowedOrigins, errs = origins, append(errs, faults...)
	hubs, err := completeHubs(o.Hubs)
	o.Hubs = hubs
	return o, errors.Join(append(errs, err)...)
}

// completeHubs returns hubs with their names filled in, or every reason they
// are wrong. It leaves the caller's slice alone.
func completeHubs(hubs []HubOptions) ([]HubOptions, error) {
	if len(hubs) == 0 {
		return nil, errors.New("no hubs; add a HubOptions with a Path and a Hub")
	}
	var errs []error
	paths, names := make(map[string]bool), make(map[string]bool)
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
		if h.Transports&^allTransports != 0 {
			errs = append(errs, fmt.Errorf("hub at %q has unknown transports: %v", h.Path, h.Transports))
		}
		h.Transports = cmp.Or(h.Transports, allTransports)
		h.Name = cmp.Or(h.Name, typeName(reflect.TypeOf(h.Hub)))
		switch {
		case h.Name == "":
			errs = append(errs, fmt.Errorf("hub at %q has a type without a name; set its Name", h.Path))
		case strings.Contains(h.Name, ":"):
			errs = append(errs, fmt.Errorf("hub name %q holds a colon, which ends the name on the backplane", h.Name))
		case names[h.Name]:
			errs = append(errs, fmt.Errorf("hub name %q is used twice; give each hub its own Name", h.Name))
		}
		names[h.Name] = true
		completed = append(completed, h)
	}
	return completed, errors.Join(errs...)
}

// typeName returns the name of t, or of what it points to.
func typeName(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}
