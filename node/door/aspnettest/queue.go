package aspnettest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// A queue is a subscription with the messages that wait for its handler, which takes
// one at a time.
type queue struct {
	handle    func(data []byte)
	confirmed bool // guarded by link.mu

	mu      sync.Mutex
	changed *sync.Cond
	waiting []func()
	ended   bool
}

// put reports false if nothing is handled any more.
func (q *queue) put(handling func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, handling)
	q.changed.Signal()
	return !q.ended
}

func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
	q.changed.Signal()
}

// run handles messages until end.
func (q *queue) run() {
	for {
		q.mu.Lock()
		for len(q.waiting) == 0 && !q.ended {
			q.changed.Wait()
		}
		if q.ended {
			q.mu.Unlock()
			return
		}
		handling := q.waiting[0]
		q.waiting = q.waiting[1:]
		q.mu.Unlock()
		handling()
	}
}

// subscribe returns when Redis has confirmed. handle gets one message at a time.
func (l *link) subscribe(ctx context.Context, channel string, handle func([]byte)) error {
	ctx, cancel := context.WithTimeout(ctx, asyncTimeout)
	defer cancel()
	q := &queue{handle: handle}
	q.changed = sync.NewCond(&q.mu)
	l.mu.Lock()
	if l.ctx.Err() != nil || l.queues[channel] != nil {
		l.mu.Unlock()
		return fmt.Errorf("aspnettest: subscribe to %q: it is already, or the link is closed", channel)
	}
	l.queues[channel] = q
	l.work.Go(q.run)
	if l.endpoint != "" {
		l.write(l.subs, appendCommand(nil, "SUBSCRIBE", channel))
	}
	l.mu.Unlock()
	if err := l.await(ctx, func() bool { return q.confirmed }); err != nil {
		return fmt.Errorf("aspnettest: subscribe to %q: %w", channel, err)
	}
	return nil
}

// unsubscribe ends a subscription. Nobody waits for the reply.
func (l *link) unsubscribe(channel string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.queues[channel]
	if q == nil {
		return
	}
	delete(l.queues, channel)
	q.end()
	if l.endpoint != "" {
		l.write(l.subs, appendCommand(nil, "UNSUBSCRIBE", channel))
	}
}

// readMessages reads the connection for subscriptions.
func (l *link) readMessages(w *wire) {
	defer l.lost(w)
	for {
		reply, err := readReply(w.r)
		if err != nil {
			return
		}
		push, _ := reply.([]any)
		if len(push) != 3 {
			return // an error, or what is not Redis
		}
		kind, _ := push[0].([]byte)
		channel, _ := push[1].([]byte)
		l.mu.Lock()
		q := l.queues[string(channel)]
		if q != nil && string(kind) == "subscribe" && l.subs == w && l.endpoint != "" {
			q.confirmed = true
			l.changed.Broadcast()
		}
		l.mu.Unlock()
		if data, ok := push[2].([]byte); ok && string(kind) == "message" {
			if string(channel) == l.o.Prefix+masterChanged {
				continue // subscriptions stay until their connection ends
			}
			if q != nil {
				q.put(func() { q.handle(data) })
			}
		}
	}
}

// whole waits until the link is connected for at least the nth time, and everything
// subscribed to is confirmed.
func (l *link) whole(ctx context.Context, n int) error {
	return l.await(ctx, func() bool {
		if l.endpoint == "" || l.lives < n {
			return false
		}
		for _, q := range l.queues {
			if !q.confirmed {
				return false
			}
		}
		return true
	})
}

// settle waits until everything that has been read is handled.
func (l *link) settle() {
	l.mu.Lock()
	all := slices.Collect(maps.Values(l.queues))
	l.mu.Unlock()
	for _, q := range all {
		handled := make(chan struct{})
		if q.put(func() { close(handled) }) {
			select {
			case <-handled:
			case <-l.ctx.Done():
			}
		}
	}
}
