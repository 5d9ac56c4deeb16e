package door

import (
	"context"
	"fmt"

	"github.com/signalmesh/signalmesh/node/door/resp"
	"github.com/signalmesh/signalmesh/node/exchange"
)

// maxPattern is how many bytes a pattern may have: every PUBLISH in the mesh is
// compared with it.
const maxPattern = 4 << 10

// subscribe asks for subscriptions. They are made, and the reply put, by
// subscribeBatch: together with those of the commands that follow at once.
func (c *conn) subscribe(kind exchange.Kind, texts [][]byte) {
	for _, text := range texts {
		if kind == exchange.Pattern && len(text) > maxPattern {
			c.subscribeBatch()
			c.fail(fmt.Sprintf("ERR signalmesh: pattern of %d bytes; at most %d are allowed", len(text), maxPattern))
			continue
		}
		n := exchange.Name{Kind: kind, Text: string(text)}
		p := pendingSubscription{name: n}
		if c.subs[n] == nil {
			p.sub = &subscription{name: n, out: c.out, head: headOf(n, c.version), pending: true}
			c.mu.Lock()
			c.subs[n] = p.sub
			c.noteHub(n)
			c.mu.Unlock()
		}
		c.batch = append(c.batch, p)
		if len(c.batch) == maxBatch {
			c.subscribeBatch()
		}
	}
}

// subscribeBatch makes the subscriptions that were asked for, waits until the other
// servers know of them, and replies.
func (c *conn) subscribeBatch() {
	batch := c.batch
	if len(batch) == 0 {
		return
	}
	c.batch = nil
	var requests []exchange.Request
	var before []*subscription // whose places are taken
	for _, p := range batch {
		if p.sub == nil {
			continue
		}
		r := exchange.Request{Name: p.name, Sink: p.sub}
		s := c.door.predecessor(c, p.name)
		if s != nil {
			r.Instead = s
		}
		before = append(before, s)
		requests = append(requests, r)
	}
	if len(requests) > 0 && !c.announce(requests, before) {
		return
	}
	for _, p := range batch {
		c.subscribed(p)
	}
}

// announce makes subscriptions and waits for the other servers.
func (c *conn) announce(requests []exchange.Request, before []*subscription) bool {
	d := c.door
	confirm, err := d.o.Exchange.Subscribe(requests...)
	if err != nil {
		for _, r := range requests {
			c.forget(r.Name)
			c.fail("ERR signalmesh: subscribe: " + err.Error())
		}
		return false
	}
	for i, s := range before {
		if s != nil {
			c.inherit(requests[i].Sink.(*subscription), s)
		}
	}
	ctx, cancel := context.WithTimeout(d.ctx, d.o.Confirm)
	defer cancel()
	if err := confirm(ctx); err != nil {
		d.metrics.unconfirmed.Add(uint64(len(requests)))
		d.o.Logger.Warn("door: subscriptions not confirmed in time by every server; they are answered all the same",
			"client", c.describe(), "subscriptions", len(requests), "err", err)
	}
	return true
}

// inherit puts what a lost subscription missed in front of what s gets.
func (c *conn) inherit(s, lost *subscription) {
	o := lost.out
	o.mu.Lock()
	missed := o.lost.take(lost)
	o.mu.Unlock()
	c.door.metrics.replayed.Add(uint64(len(missed)))
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	since := s.held
	s.held = nil
	for _, m := range missed {
		s.hold(m)
	}
	s.held = append(s.held, since...)
}

// subscribed replies to one subscription, and lets its messages through.
func (c *conn) subscribed(p pendingSubscription) {
	if p.sub != nil {
		c.counts[p.name.Kind]++
		c.watchHub(p.name)
	}
	count := c.count(p.name.Kind)
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if c.out.cut || c.out.finished {
		return
	}
	c.out.put(func(b []byte) []byte { return c.notice(b, verbs[p.name.Kind].subscribe, &p.name.Text, count) })
	if p.sub != nil {
		p.sub.confirmed()
	}
	c.out.check()
}

// count is the number in replies: channels and patterns count together, shard
// channels on their own.
func (c *conn) count(kind exchange.Kind) int {
	if kind == exchange.Shard {
		return c.counts[kind]
	}
	return c.counts[exchange.Channel] + c.counts[exchange.Pattern]
}

func (c *conn) notice(b []byte, verb string, text *string, count int) []byte {
	b = resp.AppendBulk(resp.AppendPush(b, c.version, 3), verb)
	if text == nil {
		b = resp.AppendNull(b, c.version)
	} else {
		b = resp.AppendBulk(b, *text)
	}
	return resp.AppendInt(b, count)
}

// unsubscribe ends subscriptions: those named, or all of that kind.
func (c *conn) unsubscribe(kind exchange.Kind, texts [][]byte) {
	if len(texts) > 0 {
		for _, text := range texts {
			c.unsubscribeOne(exchange.Name{Kind: kind, Text: string(text)})
		}
		return
	}
	held := c.counts[kind]
	for n := range c.subs {
		if n.Kind == kind {
			c.unsubscribeOne(n)
		}
	}
	if held == 0 {
		c.reply(func(b []byte) []byte { return c.notice(b, verbs[kind].unsubscribe, nil, c.count(kind)) })
	}
}

func (c *conn) unsubscribeOne(n exchange.Name) {
	c.drop(n)
	c.reply(func(b []byte) []byte { return c.notice(b, verbs[n.Kind].unsubscribe, &n.Text, c.count(n.Kind)) })
}

// drop ends a subscription without a reply.
func (c *conn) drop(n exchange.Name) {
	s := c.subs[n]
	if s == nil {
		return
	}
	c.door.o.Exchange.Unsubscribe(n, s)
	c.forget(n)
	c.counts[n.Kind]--
}

func (c *conn) forget(n exchange.Name) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.subs, n)
	if hub, ok := hubOf(n); ok {
		delete(c.hubs, hub)
	}
}

// subscribing tells whether the client holds subscriptions of any kind.
func (c *conn) subscribing() bool { return len(c.subs) > 0 }
