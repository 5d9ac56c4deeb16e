package bridge

import (
	"context"
	"time"
)

// ask puts a question to the node that bridges. Nil means that there is none, or
// that it cannot be told whether there is, and that nobody need wait.
func (b *Bridge) ask(ctx context.Context, q question) *ask {
	if s := b.bridging(); s != nil {
		p := b.asks.open()
		q.id = p.id
		if s.take("", q) {
			return p
		}
		b.asks.take(p.id)
		b.unasked(q, errFull)
		return nil
	}
	servers, err := b.plane.Subscribers(ctx, askChannel)
	if err != nil || servers == 0 {
		if b.o.Redis != "" {
			b.unasked(q, errNowhere)
		}
		return nil
	}
	p := b.asks.open()
	q.id = p.id
	_, err = b.plane.Publish(ctx, askChannel, q.append(make([]byte, 0, len(q.channel)+len(q.data)+24)))
	if err == nil && b.definite(servers) {
		return p
	}
	b.asks.take(p.id)
	if err != nil {
		b.unasked(q, err)
	}
	return nil
}

// unasked counts what could not be asked.
func (b *Bridge) unasked(q question, err error) {
	if q.verb == toPublish {
		b.drop(toRedis, err)
	}
}

// definite tells whether one of so many servers that may bridge does: those whose
// subscriptions are not known yet are among them.
func (b *Bridge) definite(servers int) bool {
	unknown, err := b.plane.Subscribers(b.ctx, nobody)
	return err == nil && servers > unknown
}

// afterwards is how long a node that bridged answers that it does not any more. One
// that did not says nothing, since another one may.
const afterwards = 10 * time.Second

// asked takes a question of another node. It does not wait.
func (b *Bridge) asked(from string, data []byte) {
	q, err := parseQuestion(data)
	if err != nil {
		b.log.Warn("bridge: message of another node dropped", "server", from, "err", err)
		return
	}
	if s := b.bridging(); s != nil && s.take(from, q) {
		return
	}
	b.mu.Lock()
	recently := time.Since(b.bridged) < afterwards
	b.mu.Unlock()
	if recently {
		b.refuse(from, q)
	}
}

// refuse answers that a question is not going to be answered.
func (b *Bridge) refuse(from string, q question) {
	b.unasked(q, errNowhere)
	b.answer(from, answer{id: q.id, away: true})
}

// answer sends an answer. It does not wait: who does not take its answers goes on
// without.
func (b *Bridge) answer(to string, a answer) {
	if to == "" {
		b.asks.settle(a)
		return
	}
	now, cancel := context.WithCancel(b.ctx)
	cancel() // Publish waits for room, if there is none, until its context ends
	if _, err := b.plane.Publish(now, answerPrefix+to, a.append(nil)); err != nil {
		b.log.Debug("bridge: answer not sent", "server", to, "err", err)
	}
}

// A receiver takes what other servers publish.
type receiver struct{ b *Bridge }

func (r receiver) Receive(from, channel string, data []byte) {
	b := r.b
	switch channel {
	case askChannel:
		b.asked(from, data)
	case answerPrefix + b.plane.Self():
		a, err := parseAnswer(data)
		if err != nil {
			b.log.Warn("bridge: message of another node dropped", "server", from, "err", err)
			return
		}
		b.asks.settle(a)
	case freeChannel:
		select {
		case b.free <- struct{}{}:
		default:
		}
	default:
		b.tell(func(to Receiver) { to.Receive(from, channel, data) })
	}
}

func (r receiver) Left(server string) {
	b := r.b
	if b.bridging() == nil {
		if servers, err := b.plane.Subscribers(b.ctx, askChannel); err == nil && !b.definite(servers) {
			b.asks.abandon()
		}
	}
	b.tell(func(to Receiver) { to.Left(server) })
}

func (r receiver) Gap(from string, lost uint64) {
	r.b.tell(func(to Receiver) { to.Gap(from, lost) })
}
