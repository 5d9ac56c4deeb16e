package aspnettest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// asyncTimeout is how long an operation may take, and wait for a connection:
// StackExchange.Redis' own.
const asyncTimeout = 5 * time.Second

// reconnectPause is between two attempts to connect.
const reconnectPause = 20 * time.Millisecond

// errLost ends what was asked and not answered when a connection broke.
var errLost = errors.New("aspnettest: the connection to Redis was lost")

// A link is what StackExchange.Redis calls a multiplexer: two connections to one
// endpoint, that are made again when they are lost, with all subscriptions.
type link struct {
	o      Options
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu       sync.Mutex
	changed  *sync.Cond
	endpoint string // empty: not connected
	commands *wire
	subs     *wire
	replies  []chan any        // to PUBLISH, in order
	queues   map[string]*queue // by channel
	lives    int               // how often it has been connected
	cut      bool              // it is not to be connected
}

// openLink connects, or returns why no endpoint can be reached.
func openLink(ctx context.Context, o Options) (*link, error) {
	l := &link{o: o, queues: map[string]*queue{}}
	l.changed = sync.NewCond(&l.mu)
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.work.Go(l.keep)
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if err := l.await(ctx, func() bool { return l.endpoint != "" }); err != nil {
		l.close()
		return nil, fmt.Errorf("aspnettest: connect to any of %v: %w", o.Endpoints, err)
	}
	return l, nil
}

func (l *link) close() {
	l.cancel()
	l.mu.Lock()
	l.breakUp()
	for _, q := range l.queues {
		q.end()
	}
	l.mu.Unlock()
	l.work.Wait()
}

// await waits until what mu guards is so.
func (l *link) await(ctx context.Context, so func() bool) error {
	defer context.AfterFunc(ctx, l.wake)()
	defer context.AfterFunc(l.ctx, l.wake)()
	l.mu.Lock()
	defer l.mu.Unlock()
	for !so() {
		if err := errors.Join(ctx.Err(), l.ctx.Err()); err != nil {
			return err
		}
		l.changed.Wait()
	}
	return nil
}

// wake has everybody in await look again.
func (l *link) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed.Broadcast()
}

// keep keeps the link connected until it is closed.
func (l *link) keep() {
	for l.await(l.ctx, func() bool { return !l.cut }) == nil && l.ctx.Err() == nil {
		if l.connect() {
			continue
		}
		select {
		case <-time.After(reconnectPause):
		case <-l.ctx.Done():
		}
	}
}

// connect serves one life of the link: with the first endpoint that is a master, or
// else the first that answers. It reports false if none does.
func (l *link) connect() bool {
	second := ""
	for _, e := range l.o.Endpoints {
		commands, master, err := l.o.dial(l.ctx, e, false)
		if err != nil {
			continue
		}
		if master {
			return l.serve(e, commands)
		}
		if second == "" {
			second = e
		}
		_ = commands.Close()
	}
	if second == "" {
		return false
	}
	commands, _, err := l.o.dial(l.ctx, second, false)
	return err == nil && l.serve(second, commands)
}

// serve opens the connection for subscriptions and reads both until one breaks.
func (l *link) serve(endpoint string, commands *wire) bool {
	subs, _, err := l.o.dial(l.ctx, endpoint, true)
	if err != nil {
		_ = commands.Close()
		return false
	}
	l.mu.Lock()
	l.commands, l.subs, l.endpoint = commands, subs, endpoint
	l.lives++
	send := appendCommand(nil, "SUBSCRIBE", l.o.Prefix+masterChanged)
	for channel := range l.queues { // one command for each, as it does
		send = appendCommand(send, "SUBSCRIBE", channel)
	}
	l.write(subs, send)
	if l.cut || l.ctx.Err() != nil {
		l.breakUp()
	}
	l.changed.Broadcast()
	l.mu.Unlock()
	var reading sync.WaitGroup
	reading.Go(func() { l.readReplies(commands) })
	reading.Go(func() { l.readMessages(subs) })
	reading.Wait()
	return true
}

// interrupt breaks the connections, and lets there be none until mend.
func (l *link) interrupt() (mend func()) {
	cut := func(is bool) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.cut = is; is {
			l.breakUp()
		}
		l.changed.Broadcast()
	}
	cut(true)
	return func() { cut(false) }
}

// breakUp ends the present connections. The caller holds mu.
func (l *link) breakUp() {
	if l.endpoint == "" {
		return
	}
	l.endpoint = ""
	_ = l.commands.Close() // their readers end
	_ = l.subs.Close()
	for _, r := range l.replies {
		r <- errLost
	}
	l.replies = nil
	for _, q := range l.queues {
		q.confirmed = false
	}
	l.changed.Broadcast()
}

// write writes to one of the connections. The caller holds mu.
func (l *link) write(w *wire, b []byte) {
	_ = w.SetWriteDeadline(time.Now().Add(asyncTimeout))
	if _, err := w.Write(b); err != nil {
		l.breakUp()
	}
}

// lost ends the connections that w is one of.
func (l *link) lost(w *wire) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.commands == w || l.subs == w {
		l.breakUp()
	}
}

// readReplies reads what PUBLISH is answered.
func (l *link) readReplies(w *wire) {
	defer l.lost(w)
	for {
		reply, err := readReply(w.r)
		if err != nil {
			return
		}
		l.mu.Lock()
		if len(l.replies) == 0 {
			l.mu.Unlock()
			return
		}
		l.replies[0] <- reply
		l.replies = l.replies[1:]
		l.mu.Unlock()
	}
}

// publish returns what Redis answers: how many subscribers there are. With errLost
// nobody knows whether it was published. It does not look at any token, as .NET does
// not.
func (l *link) publish(channel string, data []byte) (int, error) {
	ctx, cancel := context.WithTimeout(l.ctx, asyncTimeout)
	defer cancel()
	answer := make(chan any, 1)
	err := l.await(ctx, func() bool {
		if l.endpoint == "" {
			return false
		}
		l.replies = append(l.replies, answer)
		l.write(l.commands, appendCommand(nil, []byte("PUBLISH"), []byte(channel), data))
		return true
	})
	if err != nil {
		return 0, fmt.Errorf("aspnettest: publish to %q: no connection: %w", channel, err)
	}
	select {
	case reply := <-answer:
		switch reply := reply.(type) {
		case int64:
			return int(reply), nil
		case error:
			return 0, reply
		}
		return 0, fmt.Errorf("aspnettest: PUBLISH is answered %v", reply)
	case <-ctx.Done():
		return 0, fmt.Errorf("aspnettest: publish to %q: %w", channel, ctx.Err())
	}
}
