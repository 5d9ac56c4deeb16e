package exchange

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// ErrAttached says that a Port has a receiver already.
var ErrAttached = errors.New("exchange: a receiver is attached; detach it first")

// A Port is the backplane as one server of this process sees it: it reaches the
// other servers and the other subscribers here. It is a signalr.Backplane, and may
// be used concurrently.
type Port struct {
	x      *Exchange
	prefix string

	mu       sync.RWMutex
	receiver Receiver
}

// Port returns a new Port. Every channel of it has prefix in front on the
// backplane; empty is none.
func (x *Exchange) Port(prefix string) *Port {
	p := &Port{x: x, prefix: prefix}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ports[p] = struct{}{}
	return p
}

// Self is the server's ID.
func (p *Port) Self() string { return p.x.up.Self() }

// Attach hands r what is published to the channels subscribed by the port.
func (p *Port) Attach(r Receiver) (detach func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.x.closed.Load():
		return nil, ErrClosed
	case p.receiver != nil:
		return nil, ErrAttached
	}
	p.receiver = r
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.receiver = nil
	}), nil
}

// Subscribe returns once every live server will send us what it publishes to
// channel.
func (p *Port) Subscribe(ctx context.Context, channel string) error {
	confirm, err := p.announce(Name{Channel, p.prefix + channel})
	if err != nil {
		return err
	}
	return confirm(ctx)
}

func (p *Port) announce(n Name) (confirm func(context.Context) error, err error) {
	x := p.x
	if x.closed.Load() {
		return nil, ErrClosed
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.entry(n)
	if slices.Contains(e.ports, p) {
		return x.up.Announce(level(e.wire, 1))
	}
	e.ports = append(slices.Clone(e.ports), p)
	if confirm, err = x.up.Announce(level(e.wire, e.needs())); err != nil {
		x.withdraw(e, p)
	}
	return confirm, err
}

// Unsubscribe ends the subscription.
func (p *Port) Unsubscribe(channel string) {
	x := p.x
	x.mu.Lock()
	defer x.mu.Unlock()
	if e := x.entries[Name{Channel, p.prefix + channel}]; e != nil && slices.Contains(e.ports, p) {
		x.withdraw(e, p)
	}
}

// withdraw takes p off the list, of which a delivery may hold the old one.
func (x *Exchange) withdraw(e *entry, p *Port) {
	e.ports = slices.DeleteFunc(slices.Clone(e.ports), func(o *Port) bool { return o == p })
	x.fewer(e)
}

// Publish offers data to every other subscriber, here and elsewhere, and says how
// many there are.
func (p *Port) Publish(ctx context.Context, channel string, data []byte) (int, error) {
	channel = p.prefix + channel
	m := &Message{From: p.x.up.Self(), Channel: channel, Data: data}
	return p.x.publish(ctx, p, Name{Channel, channel}, m)
}

// Subscribers says how many other subscribers channel has.
func (p *Port) Subscribers(ctx context.Context, channel string) (int, error) {
	n := Name{Channel, p.prefix + channel}
	count, err := p.x.Count(ctx, n)
	p.x.mu.RLock()
	defer p.x.mu.RUnlock()
	if e := p.x.entries[n]; e != nil && slices.Contains(e.ports, p) {
		count--
	}
	return max(0, count), err
}

func (p *Port) receive(m *Message) {
	channel := m.Channel[len(p.prefix):]
	p.tell(func(to Receiver) { to.Receive(m.From, channel, m.Data) })
}

func (p *Port) tell(what func(Receiver)) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.receiver != nil {
		what(p.receiver)
	}
}
