package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/signalr"
)

// settling is how long a new Publisher waits for servers that are known and not linked
// yet, once one is.
const settling = 2 * time.Second

// A Publisher is a process that only sends to the clients of hubs. It is a peer of the
// mesh without hubs, subscriptions to hubs and a listener. It does not receive
// broadcasts, and other processes cannot connect to it. It may be used concurrently.
type Publisher struct {
	node *Node
	hubs *signalr.Publisher
}

// NewPublisher opens a Publisher and returns when it has joined the mesh, so that its
// first message reaches every ready server (see Node.Ready). Ctx bounds the wait, not
// the life: without a deadline NewPublisher waits until a server is reachable.
//
//	p, err := node.NewPublisher(ctx, node.Options{
//		Bootstrap:     []string{"web-1.example.net:9800"},
//		NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "chat"},
//	})
//	err = p.Clients(ctx, "Chat").Group("red").Send("ReceiveMessage", "shop", "open")
//
// Of the Options it takes those about whom to connect to, ChannelPrefix, Logger,
// Metrics and Admin, and the SignalR fields about sending. Fields of a server, such as
// Hubs, must be zero.
func NewPublisher(ctx context.Context, o Options) (_ *Publisher, err error) {
	if err := o.servesNothing(); err != nil {
		return nil, err
	}
	o.dialOnly = true
	n, err := New(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Close())
		}
	}()
	if len(n.settings.seeds) == 0 {
		return nil, errors.New("a publisher connects to servers and cannot be connected to: give Bootstrap the address of one, or NCConf a client.ncconf")
	}
	hubs, err := signalr.NewPublisher(signalr.PublisherOptions{
		Backplane: n.own.exchange.Port(o.ChannelPrefix), Values: o.SignalR.Values, Logger: n.log,
		SendTimeout: o.SignalR.SendTimeout, MaxSendSize: n.o.sendSize(),
	})
	if err != nil {
		return nil, err
	}
	if err := n.awaitServers(ctx); err != nil {
		return nil, err
	}
	return &Publisher{node: n, hubs: hubs}, nil
}

// servesNothing returns an error for each field that a publisher has no use for.
func (o Options) servesNothing() error {
	var errs []error
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"Hubs", len(o.Hubs) > 0}, {"HTTP", o.HTTP != ""}, {"Static", o.Static != nil}, {"Redis", o.Redis != ""},
		{"RedisFor", len(o.RedisFor) > 0}, {"RedisBridge", o.RedisBridge != ""}, {"Listen", o.Listen != ""}, {"Advertise", o.Advertise != ""},
	} {
		if f.set {
			errs = append(errs, fmt.Errorf("a publisher has no use for Options.%s; use New for a server", f.name))
		}
	}
	return errors.Join(errs...)
}

// awaitServers returns when the node is ready and a server is linked whose subscriptions
// are known. If the node was alone when it became ready, the servers that it meets later
// have up to 2 s to do the same.
func (n *Node) awaitServers(ctx context.Context) error {
	select {
	case <-n.Ready():
	case <-ctx.Done():
		return fmt.Errorf("publisher: no server of application %q is in reach: %v: %w", n.settings.application, n.Readiness(), ctx.Err())
	}
	var late <-chan time.Time // nil: no server is linked
	for {
		_, changed := n.topic.Watch()
		known, linked := 0, 0
		for _, m := range n.topic.Members() {
			if m.State != "alive" || len(m.Addrs) == 0 {
				continue // gone, or a publisher
			}
			if known++; m.Linked && m.Synced {
				linked++
			}
		}
		switch {
		case linked > 0 && linked == known:
			return nil
		case linked > 0 && late == nil:
			late = time.After(settling)
		}
		select {
		case <-changed:
		case <-time.After(settling / 100): // that subscriptions are known changes no state
		case <-late:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("publisher: no server of application %q is in reach: %w", n.settings.application, ctx.Err())
		}
	}
}

// Clients names clients of the hub of that name to send to. The name is that of
// HubOptions.Name on the servers, which by default is the name of the hub's type. If no
// server has such a hub, sends fail with signalr.ErrNoHub. See signalr.Publisher.
func (p *Publisher) Clients(ctx context.Context, hub string) signalr.Clients {
	return p.hubs.Clients(ctx, hub)
}

// Servers returns how many servers have the hub of that name.
func (p *Publisher) Servers(ctx context.Context, hub string) (int, error) {
	return p.hubs.Servers(ctx, hub)
}

// Topic is the application's mesh, as the Publisher sees it.
func (p *Publisher) Topic() *mesh.Topic { return p.node.topic }

// AdminAddr is the host:port of health and metrics; empty if there is no listener.
func (p *Publisher) AdminAddr() string { return p.node.AdminAddr() }

// Close closes the Publisher when what it sent has left, or after a few seconds. Every
// call returns what the first one did.
func (p *Publisher) Close() error { return errors.Join(p.hubs.Close(), p.node.Close()) }
