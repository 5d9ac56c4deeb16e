package signalr

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// A Connector is a hub that wants to know of new connections. OnConnected runs
// when the connection can be reached from every server, and before any of its
// invocations. An error refuses the connection.
type Connector interface {
	OnConnected(call *Call) error
}

// A Disconnector is a hub that wants to know of connections that ended. It is
// not told of one that OnConnected refused. err is nil if the connection ended
// in order, and why it ended otherwise. The connection is still in its groups,
// and what is sent to it goes nowhere.
type Disconnector interface {
	OnDisconnected(call *Call, err error)
}

// A Hub is a hub of a Server, for sends and group changes from outside its
// methods. It may be used concurrently.
type Hub struct {
	server     *Server
	path       string
	name       string     // on the backplane
	options    HubOptions // completed
	times      limits     // of options
	transports Transports
	stateful   bool // clients may have stateful reconnect
	filters    filters
	methods    methodSet
	registry   *registry
	acks       *acks
	questions  *questions
	controls   *controls
	missing    error // why it cannot be used; nil: it can
	sendOnly   bool  // it is a Publisher's
}

// newHub returns a hub. twin is the same one at another path; nil: there is none.
func newHub(s *Server, o HubOptions, twin *Hub) (*Hub, error) {
	methods, leftOut, err := methodsOf(o.Hub, o.Methods)
	if err == nil {
		err = setPolicies(methods, o.AuthorizeMethods)
	}
	if err != nil {
		return nil, fmt.Errorf("hub at %q: %w", o.Path, err)
	}
	s.log.Info("hub", "path", o.Path, "name", o.Name, "methods", strings.Join(methods.names(), ", "), "left_out", strings.Join(leftOut, ", "))
	h := &Hub{
		server:     s,
		path:       o.Path,
		name:       o.Name,
		options:    o,
		times:      o.times(),
		transports: o.Transports,
		stateful:   o.StatefulReconnect && o.Transports&WebSockets != 0,
		filters:    newFilters(slices.Concat(s.options.Filters, o.Filters), o.Hub),
		methods:    methods,
		registry:   newRegistry(len(s.protocols)),
		acks:       newAcks(),
		questions:  newQuestions(),
		controls:   newControls(),
	}
	if twin != nil {
		h.registry, h.acks, h.questions, h.controls = twin.registry, twin.acks, twin.questions, twin.controls
	}
	return h, nil
}

// Err returns why nothing can be done with the hub: there is none at the path that
// Server.Hub was given. Every other method then fails with the same error.
func (h *Hub) Err() error { return h.missing }

// Name returns what the hub is called on the backplane: HubOptions.Name, or the name of the
// type of HubOptions.Hub. It is empty if there is no hub; see Err.
func (h *Hub) Name() string { return h.name }

// usable returns an error if the hub cannot be used, or ctx has ended. The error
// begins with the operation.
func (h *Hub) usable(ctx context.Context, operation string) error {
	err := ctx.Err()
	switch {
	case h == nil:
		err = fmt.Errorf("%w: a zero Clients or Groups; take them from a Hub or a Call", ErrNoHub)
	case h.missing != nil:
		err = h.missing
	case !h.server.sends():
		return ErrServerClosed
	}
	if err != nil {
		return fmt.Errorf("signalr: %s: %w", operation, err)
	}
	return nil
}

// Clients names connections to send to. Ctx bounds how long a send may wait for
// a busy backplane.
func (h *Hub) Clients(ctx context.Context) Clients { return Clients{hub: h, ctx: ctx} }

// Groups changes groups. Ctx bounds how long a change may wait for other
// servers, besides Options.GroupTimeout.
func (h *Hub) Groups(ctx context.Context) Groups { return Groups{hub: h, ctx: ctx} }

// connected runs the hub's OnConnected, and its filters.
func (h *Hub) connected(c *connection) error {
	if h.filters.connect == nil {
		return nil
	}
	return c.protect("OnConnected", func() error {
		return h.filters.connect(&Call{connection: c, ctx: c.ctx, connecting: true})
	})
}

// disconnected runs the hub's OnDisconnected, and its filters. It fails if that panics.
func (h *Hub) disconnected(c *connection, err error) error {
	if h.filters.disconnect == nil {
		return nil
	}
	return c.protect("OnDisconnected", func() error {
		h.filters.disconnect(&Call{connection: c, ctx: h.server.ctx}, err)
		return nil
	})
}

// protect runs a piece of the application, and makes an error of its panic. Every
// error of it is an *appError.
func (c *connection) protect(method string, run func() error) error {
	return protect(c.log, method, run)
}

// protect is connection.protect without a connection. It logs a panic.
func protect(log func() *slog.Logger, method string, run func() error) (err error) {
	returned := false
	defer func() {
		p := recover()
		switch {
		case p != nil:
			text := panicText(p)
			log().Error("application panicked", "method", method, "panic", text, "stack", string(debug.Stack()))
			panicked := readError(fmt.Errorf("%s panicked: %s", method, text))
			panicked.panicked = true
			err = panicked
		case !returned: // the goroutine ends, and so will what runs in it
			log().Error("application called runtime.Goexit", "method", method)
		}
	}()
	err = run()
	returned = true
	if err != nil {
		err = readError(err)
	}
	return err
}

// The channels of the hub on the backplane.
func (h *Hub) allChannel() string                 { return protocol.AllChannel(h.name) }
func (h *Hub) connectionChannel(id string) string { return protocol.ConnectionChannel(h.name, id) }
func (h *Hub) groupChannel(group string) string   { return protocol.GroupChannel(h.name, group) }
func (h *Hub) userChannel(user string) string     { return protocol.UserChannel(h.name, user) }
func (h *Hub) commandChannel() string             { return protocol.GroupsChannel(h.name) }
func (h *Hub) ackChannel(server string) string    { return protocol.AckChannel(h.name, server) }
func (h *Hub) returnChannel(server string) string { return protocol.ReturnChannel(h.name, server) }
func (h *Hub) controlChannel() string             { return protocol.ControlChannel(h.name) }

func (h *Hub) controlReplyChannel(server string) string {
	return protocol.ControlReplyChannel(h.name, server)
}
