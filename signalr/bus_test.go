package signalr

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
)

// A bus is a backplane in memory that delivers at once, with places to put
// sticks into its wheels.
type bus struct {
	mu    sync.Mutex
	nodes []*busNode
}

type busNode struct {
	bus      *bus
	name     string
	channels map[string]bool // guarded by bus.mu
	receiver Receiver        // guarded by bus.mu
	log      []string        // of subscriptions, guarded by bus.mu

	// Called before anything happens, without a lock; nil: nothing.
	onSubscribe func(ctx context.Context, channel string) error
	onPublish   func(channel string) error
}

func (b *bus) join() *busNode {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := &busNode{bus: b, name: fmt.Sprintf("server-%d", len(b.nodes)+1), channels: make(map[string]bool)}
	b.nodes = append(b.nodes, n)
	return n
}

// kill makes a node leave without a word of its own.
func (b *bus) kill(n *busNode) {
	b.mu.Lock()
	b.nodes = slices.DeleteFunc(b.nodes, func(other *busNode) bool { return other == n })
	var tell []Receiver
	for _, other := range b.nodes {
		if other.receiver != nil {
			tell = append(tell, other.receiver)
		}
	}
	b.mu.Unlock()
	for _, r := range tell {
		r.Left(n.name)
	}
}

func (n *busNode) Self() string { return n.name }

func (n *busNode) Attach(r Receiver) (func(), error) {
	n.bus.mu.Lock()
	defer n.bus.mu.Unlock()
	if n.receiver != nil {
		return nil, fmt.Errorf("%s has a receiver", n.name)
	}
	n.receiver = r
	return func() {
		n.bus.mu.Lock()
		defer n.bus.mu.Unlock()
		n.receiver = nil
	}, nil
}

func (n *busNode) Subscribe(ctx context.Context, channel string) error {
	if n.onSubscribe != nil {
		if err := n.onSubscribe(ctx, channel); err != nil {
			return err
		}
	}
	n.bus.mu.Lock()
	defer n.bus.mu.Unlock()
	n.channels[channel] = true
	n.log = append(n.log, "+"+channel)
	return nil
}

func (n *busNode) Unsubscribe(channel string) {
	n.bus.mu.Lock()
	defer n.bus.mu.Unlock()
	delete(n.channels, channel)
	n.log = append(n.log, "-"+channel)
}

func (n *busNode) Publish(_ context.Context, channel string, data []byte) (int, error) {
	if n.onPublish != nil {
		if err := n.onPublish(channel); err != nil {
			return 0, err
		}
	}
	others := n.others(channel)
	for _, other := range others {
		n.bus.mu.Lock()
		r := other.receiver
		n.bus.mu.Unlock()
		if r != nil {
			r.Receive(n.name, channel, data)
		}
	}
	return len(others), nil
}

func (n *busNode) Subscribers(_ context.Context, channel string) (int, error) {
	return len(n.others(channel)), nil
}

// others are the other nodes subscribed to channel.
func (n *busNode) others(channel string) (others []*busNode) {
	n.bus.mu.Lock()
	defer n.bus.mu.Unlock()
	for _, other := range n.bus.nodes {
		if other != n && other.channels[channel] {
			others = append(others, other)
		}
	}
	return others
}

// subscribed reports whether n is subscribed to channel.
func (n *busNode) subscribed(channel string) bool {
	n.bus.mu.Lock()
	defer n.bus.mu.Unlock()
	return n.channels[channel]
}

// startTwo opens two servers on one bus.
func startTwo(t *testing.T, change ...func(*Options)) (one, two *site, nodes [2]*busNode) {
	b := new(bus)
	open := func(i int) *site {
		nodes[i] = b.join()
		o := options(newTestHub())
		o.Backplane = nodes[i]
		for _, c := range change {
			c(&o)
		}
		return start(t, o)
	}
	return open(0), open(1), nodes
}
