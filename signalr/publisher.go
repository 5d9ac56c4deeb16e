package signalr

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// PublisherOptions are the settings of a Publisher. Zero values are those of Options.
type PublisherOptions struct {
	// Backplane reaches the servers that have the hubs. Required. The Publisher does not
	// close it, and attaches no Receiver.
	Backplane Backplane
	// Values must be those of the servers.
	Values protocol.Values
	// Logger gets what an operator should know. Nil means silence.
	Logger *slog.Logger
	// SendTimeout limits how long a send may wait for a busy backplane. Zero means 5 s.
	SendTimeout time.Duration
	// MaxSendSize must be that of the servers. Zero means 24 MiB.
	MaxSendSize int
}

// A Publisher sends to the clients of hubs that other servers have. It has no hubs and
// no clients, and neither subscribes nor receives. It may be used
// concurrently.
type Publisher struct{ server *Server }

// NewPublisher returns a Publisher.
func NewPublisher(o PublisherOptions) (*Publisher, error) {
	if o.Backplane == nil || nilPointer(o.Backplane) {
		return nil, errors.New("signalr: a Publisher needs a Backplane")
	}
	all, err := Options{
		Backplane: o.Backplane, Values: o.Values, Logger: o.Logger, SendTimeout: o.SendTimeout, MaxSendSize: o.MaxSendSize,
		Hubs: []HubOptions{{Path: "/", Hub: struct{}{}, Name: "none"}}, // Options without hubs are wrong
	}.complete()
	if err != nil {
		return nil, fmt.Errorf("signalr publisher options: %w", err)
	}
	s := &Server{
		options:   all,
		log:       all.Logger,
		metrics:   newMetrics(),
		protocols: []protocol.Protocol{o.Values.JSON(), o.Values.MessagePack()},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return &Publisher{server: s}, nil
}

// Clients names clients of the hub of that name to send to: its HubOptions.Name, which
// by default is the name of its type. Ctx and SendTimeout bound how long a send may
// wait for a busy backplane.
//
// A Send that no server got fails with ErrNoHub if no server has a hub of that name. It
// succeeds if a server has it and the audience is empty. Invoke fails with
// ErrSendOnly.
func (p *Publisher) Clients(ctx context.Context, hub string) Clients {
	h := &Hub{server: p.server, path: hub, name: hub, sendOnly: true, registry: newRegistry(len(p.server.protocols))}
	if hub == "" || strings.Contains(hub, ":") {
		h.missing = fmt.Errorf("%w: %q is not a hub name; give that of its type, or HubOptions.Name", ErrNoHub, hub)
	}
	return Clients{hub: h, ctx: ctx, timeout: p.server.options.SendTimeout}
}

// Servers returns how many servers have the hub of that name.
func (p *Publisher) Servers(ctx context.Context, hub string) (int, error) {
	return p.server.options.Backplane.Subscribers(ctx, protocol.AllChannel(hub))
}

// Close ends sending: sends fail with ErrServerClosed. It may be called again. The
// error is nil.
func (p *Publisher) Close() error {
	p.server.cancel()
	return nil
}

// somebodyHasIt returns an error if no other server has the hub.
func (h *Hub) somebodyHasIt(ctx context.Context, method string) error {
	servers, err := h.server.options.Backplane.Subscribers(ctx, h.allChannel())
	if err == nil && servers == 0 {
		err = fmt.Errorf("%w: no server in reach has hub %q", ErrNoHub, h.name)
	}
	if err != nil {
		return fmt.Errorf("signalr: send %q: %w", method, err)
	}
	return nil
}
