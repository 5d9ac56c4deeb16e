package exchange

import (
	"context"
	"strings"
)

// patterns are those that other servers have subscribers of.
type patterns struct {
	version uint64
	texts   []string
}

// Publish sends a message to the subscribers of its channel, here and on every other
// server, and says how many those are: one for each subscription that gets it. kind
// is Channel or Shard. The message belongs to the exchange from then on.
//
// With an error some subscribers have got it. It fails only if the backplane does,
// before anybody elsewhere has got it; those here have got it all the same.
func (x *Exchange) Publish(ctx context.Context, kind Kind, m *Message) (int, error) {
	return x.publish(ctx, nil, Name{kind, m.Channel}, m)
}

// An Offerer is a Backplane that reaches subscribers whose number it has to ask for,
// such as those in another Redis.
type Offerer interface {
	// Offer is Publish that does not wait for that number. Rest waits, and returns it;
	// it has to be called once. Nil means none.
	Offer(ctx context.Context, channel string, data []byte) (servers int, rest func(context.Context) int, err error)
}

// Offer is Publish that does not wait for subscribers that have to be asked for. Rest
// waits, and says how many they are; it has to be called once, also with an error.
// Nil means none.
func (x *Exchange) Offer(ctx context.Context, kind Kind, m *Message) (count int, rest func(context.Context) int, err error) {
	return x.offer(ctx, nil, Name{kind, m.Channel}, m)
}

func (x *Exchange) publish(ctx context.Context, except *Port, n Name, m *Message) (int, error) {
	count, rest, err := x.offer(ctx, except, n, m)
	if rest != nil {
		count += rest(ctx)
	}
	return count, err
}

func (x *Exchange) offer(ctx context.Context, except *Port, n Name, m *Message) (total int, rest func(context.Context) int, err error) {
	if x.closed.Load() {
		return 0, nil, ErrClosed
	}
	here := x.deliver(except, n, m)
	elsewhere, rest, err := x.offerTo(ctx, n.Wire(), m.Data)
	if err != nil {
		return here, rest, err
	}
	total = here + elsewhere
	if n.Kind != Channel {
		return total, rest, nil
	}
	for _, p := range x.remotePatterns() {
		if !Match(p, m.Channel) {
			continue
		}
		wire := Name{Pattern, p}.Wire()
		elsewhere, err := x.publishTo(ctx, wire, AppendMatched(nil, m.Channel, m.Data))
		if err != nil {
			return total, rest, err
		}
		total += elsewhere
	}
	return total, rest, nil
}

// offerTo is publishTo that does not wait for subscribers that have to be asked for.
func (x *Exchange) offerTo(ctx context.Context, wire string, data []byte) (count int, rest func(context.Context) int, err error) {
	o, ok := x.up.(Offerer)
	if !ok {
		count, err = x.publishTo(ctx, wire, data)
		return count, nil, err
	}
	servers, rest, err := o.Offer(ctx, wire, data)
	if err != nil || servers == 0 {
		return 0, rest, err
	}
	return x.reached(ctx, wire, servers), rest, nil
}

// reached counts the subscribers of servers that have been sent a message. If
// counting fails, each server counts for one: an error would report that the message
// was not sent.
func (x *Exchange) reached(ctx context.Context, wire string, servers int) int {
	total, err := x.levels(ctx, wire, servers)
	if err != nil {
		return servers
	}
	return total
}

// publishTo publishes to other servers and counts their subscribers.
func (x *Exchange) publishTo(ctx context.Context, wire string, data []byte) (int, error) {
	servers, err := x.up.Publish(ctx, wire, data)
	if err != nil || servers == 0 {
		return 0, err
	}
	return x.reached(ctx, wire, servers), nil
}

// maxLevel bounds how many subscribers of one channel are counted on one server.
const maxLevel = 1 << 16

// levels counts the subscribers that servers have, of which so many are subscribed
// to wire. A server whose subscriptions are not known yet counts for one.
func (x *Exchange) levels(ctx context.Context, wire string, servers int) (total int, err error) {
	unknown, err := x.up.Subscribers(ctx, nothing)
	if err != nil || servers <= unknown {
		return servers, err
	}
	more, err := x.levelsFrom(ctx, 2, unknown, func(k int) string { return level(wire, k) })
	if err != nil {
		return servers, err
	}
	absent, err := x.levelsFrom(ctx, 1, unknown, func(k int) string { return absentLevel(wire, k) })
	return max(unknown, servers+more-absent), err
}

// levelsFrom adds up how many servers are subscribed to each level, from the k-th on. The
// servers whose subscriptions are unknown do not count.
func (x *Exchange) levelsFrom(ctx context.Context, k, unknown int, at func(k int) string) (total int, err error) {
	for servers := unknown + 1; servers > unknown && k < maxLevel; k++ {
		if servers, err = x.up.Subscribers(ctx, at(k)); err != nil {
			return total, err
		}
		total += max(0, servers-unknown)
	}
	return total, nil
}

// Count says how many subscribers a name has, here and on the other servers. Those
// of patterns that match a channel are not among its.
func (x *Exchange) Count(ctx context.Context, n Name) (int, error) {
	if x.closed.Load() {
		return 0, ErrClosed
	}
	x.mu.RLock()
	here := 0
	if e := x.entries[n]; e != nil {
		here = e.counted()
	}
	x.mu.RUnlock()
	servers, err := x.up.Subscribers(ctx, n.Wire())
	if err != nil || servers == 0 {
		return here, err
	}
	elsewhere, err := x.levels(ctx, n.Wire(), servers)
	return here + elsewhere, err
}

// Names are all that have subscribers, of one kind, here and elsewhere. Names whose
// subscribers are all absent are not among them.
func (x *Exchange) Names(kind Kind) map[string]struct{} {
	names := map[string]struct{}{}
	var absent []Name
	x.mu.RLock()
	for n, e := range x.entries {
		if n.Kind == kind {
			names[n.Text] = struct{}{}
			if e.counted() == 0 {
				absent = append(absent, n)
			}
		}
	}
	x.mu.RUnlock()
	for _, wire := range x.up.Channels() {
		if n, ok := ParseWire(wire); ok && n.Kind == kind {
			names[n.Text] = struct{}{}
		} else if n, ok := parseAbsent(wire); ok && n.Kind == kind {
			absent = append(absent, n)
		}
	}
	for _, n := range absent {
		if count, err := x.Count(context.Background(), n); err == nil && count == 0 {
			delete(names, n.Text)
		}
	}
	return names
}

// remotePatterns are those of the other servers.
func (x *Exchange) remotePatterns() []string {
	list := x.remote.list.Load()
	if list.version == x.up.ListedVersion() {
		return list.texts
	}
	x.remote.Lock()
	defer x.remote.Unlock()
	wires, version := x.up.Listed()
	list = &patterns{version: version}
	for _, wire := range wires {
		if text, ok := strings.CutPrefix(wire, patternPrefix); ok {
			list.texts = append(list.texts, text)
		}
	}
	x.remote.list.Store(list)
	return list.texts
}

// deliver hands m to the subscribers here: those of n, and if that is a channel
// those of patterns that match it. It says how many they are.
func (x *Exchange) deliver(except *Port, n Name, m *Message) int {
	count := 0
	x.mu.RLock()
	var ports []*Port
	if e := x.entries[n]; e != nil {
		count += e.deliver(m)
		ports = e.ports
	}
	if n.Kind == Channel {
		for _, e := range x.patterns {
			if Match(e.name.Text, m.Channel) {
				count += e.deliver(m)
			}
		}
	}
	x.mu.RUnlock()
	// Hubs may unsubscribe meanwhile. The list does not change, it is replaced.
	for _, p := range ports {
		if p != except {
			p.receive(m)
			count++
		}
	}
	return count
}

// deliver hands m to the sinks of e, and returns how many of them are counted.
func (e *entry) deliver(m *Message) int {
	for _, s := range e.sinks {
		s.Deliver(m)
	}
	return len(e.sinks) - len(e.absent)
}
