package backplanetest

import (
	"context"

	"github.com/signalmesh/signalmesh/signalr"
)

// A link carries what one port publishes to another, in order.
type link struct {
	sender, target *Port
	queue          chan delivery
}

type delivery struct {
	channel string
	data    []byte
}

// connect makes the link from sender to p. It ends with either of them.
func (p *Port) connect(sender *Port) {
	l := &link{sender: sender, target: p, queue: make(chan delivery, queueLength)}
	p.mu.Lock()
	p.links[sender] = l
	p.mu.Unlock()
	p.served.Go(l.carry)
}

// from returns the link from sender to p. It is there as long as sender may
// publish.
func (p *Port) from(sender *Port) *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.links[sender]
}

// put queues d, and waits for room if need be. It reports false if the target
// has been closed.
func (l *link) put(ctx context.Context, d delivery) (taken bool, err error) {
	select {
	case l.queue <- d:
		return true, nil
	default:
	}
	select {
	case l.queue <- d:
		return true, nil
	case <-l.target.closing:
		return false, nil
	case <-l.sender.closing:
		return false, ErrClosed
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// carry delivers until one end closes. If that is the sender, it delivers what
// is queued, and that the sender left.
func (l *link) carry() {
	for {
		select {
		case d := <-l.queue:
			l.deliver(d)
		case <-l.target.closing:
			return
		case <-l.sender.closed:
			l.finish()
			return
		}
	}
}

func (l *link) finish() {
	for {
		select {
		case d := <-l.queue:
			l.deliver(d)
		case <-l.target.closing:
			return
		default:
			l.target.forget(l.sender)
			if r := l.target.attached(); r != nil {
				r.Left(l.sender.self)
			}
			return
		}
	}
}

func (l *link) deliver(d delivery) {
	if r := l.target.attached(); r != nil {
		r.Receive(l.sender.self, d.channel, d.data)
	}
}

func (p *Port) attached() signalr.Receiver {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.receiver
}

func (p *Port) forget(sender *Port) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, sender)
}
