package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/signalmesh/signalmesh/node/exchange"
)

// A Receiver takes what a backplane delivers; it is that of package signalr.
type Receiver = exchange.Receiver

// OldRedis is what Receive calls those that publish in the old Redis, on the node
// that bridges. On others their messages come from that node.
const OldRedis = "old-redis"

// A Bridge is a backplane that reaches the old Redis besides the mesh. Its methods
// may be called concurrently.
type Bridge struct {
	plane   Plane
	o       Options
	address Address
	log     *slog.Logger
	metrics *metrics
	asks    *asks
	detach  func()

	receiver struct {
		sync.RWMutex
		r Receiver
	}

	free    chan struct{}   // of capacity 1: the lease may be free
	away    bool            // the log says that Redis is not reached; of run's goroutine
	serving context.Context // ends when Close begins
	stop    context.CancelFunc
	ctx     context.Context // ends when Close has had its time
	cancel  context.CancelFunc
	work    sync.WaitGroup
	once    sync.Once

	mu      sync.Mutex // before that of wants; not held in calls of plane
	own     map[exchange.Name]struct{}
	session *session  // nil: this node does not bridge
	bridged time.Time // when it did so last
	state   State
	since   time.Time
}

var _ exchange.Backplane = (*Bridge)(nil)

// New lays a Bridge over a mesh, whose only receiver it is until Close. It does not
// wait for Redis.
func New(o Options) (*Bridge, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	b := &Bridge{
		plane: o.Plane, o: o, log: o.Logger, asks: newAsks(o.Patience), free: make(chan struct{}, 1),
		own: map[exchange.Name]struct{}{}, state: Off, since: time.Now(),
	}
	b.metrics = newMetrics(b)
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.serving, b.stop = context.WithCancel(b.ctx)
	if err := b.open(); err != nil {
		b.cancel()
		return nil, fmt.Errorf("bridge: %w", err)
	}
	return b, nil
}

func (b *Bridge) open() (err error) {
	if b.o.Redis != "" {
		b.address, _ = ParseURL(b.o.Redis) // it was checked
		b.log = b.log.With("redis", b.address.String())
	}
	if b.detach, err = b.plane.Attach(receiver{b}); err != nil {
		return err
	}
	heard := []string{answerPrefix + b.plane.Self()}
	if b.o.Redis != "" {
		heard = append(heard, freeChannel)
	}
	if _, err = b.plane.Announce(heard...); err == nil {
		err = b.metrics.register(b.o.Metrics)
	}
	if err != nil {
		b.detach()
		return err
	}
	if b.o.Redis != "" {
		b.enter(Unreachable)
		b.work.Go(b.run)
	}
	return nil
}

// closeTime is how long a node that bridges has to hand over.
const closeTime = 3 * time.Second

// Close hands over to another node, if this one bridges, and lets go of the mesh,
// which it does not close. The error is nil.
func (b *Bridge) Close() error {
	b.once.Do(func() {
		late := time.AfterFunc(closeTime, b.cancel)
		defer late.Stop()
		b.stop()
		b.work.Wait()
		b.cancel()
		b.detach()
		b.asks.abandon()
		b.metrics.unregister(b.o.Metrics)
		b.enter(Off)
	})
	b.work.Wait()
	return nil
}

// crosses is the channel or pattern with a name on the backplane, if the bridge
// carries it.
func crosses(wire string) (exchange.Name, bool) {
	n, ok := exchange.ParseWire(wire)
	return n, ok && (n.Kind == exchange.Channel || n.Kind == exchange.Pattern && n.Text != "")
}

// Self is this server's ID.
func (b *Bridge) Self() string { return b.plane.Self() }

// Attach hands r what others publish, in the mesh and in the old Redis.
func (b *Bridge) Attach(r Receiver) (detach func(), err error) {
	b.receiver.Lock()
	defer b.receiver.Unlock()
	if b.receiver.r != nil {
		return nil, exchange.ErrAttached
	}
	b.receiver.r = r
	return sync.OnceFunc(func() {
		b.receiver.Lock()
		defer b.receiver.Unlock()
		b.receiver.r = nil
	}), nil
}

func (b *Bridge) tell(what func(Receiver)) {
	b.receiver.RLock()
	defer b.receiver.RUnlock()
	if b.receiver.r != nil {
		what(b.receiver.r)
	}
}

// Announce subscribes at once; confirm waits for the other servers and for the one
// that bridges.
func (b *Bridge) Announce(channels ...string) (confirm func(context.Context) error, err error) {
	confirmed, err := b.plane.Announce(channels...)
	if err != nil || !b.want(channels, true) {
		return confirmed, err
	}
	return func(ctx context.Context) error {
		// What is wanted came before in the same sequence.
		q := b.ask(ctx, question{verb: toConfirm})
		if err := confirmed(ctx); err != nil || q == nil {
			return err
		}
		if _, ok := q.wait(ctx); !ok {
			b.metrics.unconfirmed.Add(float64(len(channels)))
			b.log.Debug("bridge: subscriptions not confirmed in time", "channels", len(channels))
		}
		return nil
	}, nil
}

// Unsubscribe ends a subscription.
func (b *Bridge) Unsubscribe(channel string) {
	b.plane.Unsubscribe(channel)
	b.want([]string{channel}, false)
}

// want notes what this node wants. It reports false if none of it crosses.
func (b *Bridge) want(wires []string, yes bool) (any bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, wire := range wires {
		n, ok := crosses(wire)
		if !ok {
			continue
		}
		any = true
		if yes {
			b.own[n] = struct{}{}
		} else {
			delete(b.own, n)
		}
		if b.session != nil {
			b.session.wants.set(n, true, yes)
		}
	}
	return any
}

// Publish offers data to the other servers and to the subscribers in the old Redis,
// and says how many both are.
func (b *Bridge) Publish(ctx context.Context, channel string, data []byte) (int, error) {
	servers, rest, err := b.Offer(ctx, channel, data)
	if err == nil && rest != nil {
		servers += rest(ctx)
	}
	return servers, err
}

// Offer is Publish that does not wait for the old Redis. Rest does, and says how many
// subscribers that has; it has to be called once. Nil means none.
func (b *Bridge) Offer(ctx context.Context, channel string, data []byte) (servers int, rest func(context.Context) int, err error) {
	servers, err = b.plane.Publish(ctx, channel, data)
	n, ok := crosses(channel)
	if err != nil || !ok || n.Kind != exchange.Channel {
		return servers, nil, err
	}
	q := b.ask(ctx, question{verb: toPublish, channel: channel, data: data})
	if q == nil {
		return servers, nil, nil
	}
	return servers, func(ctx context.Context) int { return b.count(ctx, q) }, nil
}

// Subscribers says how many subscribers channel has elsewhere, in the old Redis too.
func (b *Bridge) Subscribers(ctx context.Context, channel string) (int, error) {
	servers, err := b.plane.Subscribers(ctx, channel)
	n, ok := crosses(channel)
	if err != nil || !ok || n.Kind != exchange.Channel {
		return servers, err
	}
	if q := b.ask(ctx, question{verb: toCount, channel: channel}); q != nil {
		servers += b.count(ctx, q)
	}
	return servers, nil
}

// count waits for the number of subscribers in the old Redis. If the answer does not
// come in time there may be one.
func (b *Bridge) count(ctx context.Context, q *ask) int {
	a, ok := q.wait(ctx)
	if !ok {
		b.metrics.unanswered.Inc()
		return 1
	}
	return a.subscribers
}

// Channels are all that other servers of the mesh subscribe to.
func (b *Bridge) Channels() []string { return b.plane.Channels() }

// Listed are those of them that are listed.
func (b *Bridge) Listed() (channels []string, version uint64) { return b.plane.Listed() }

// ListedVersion changes with Listed.
func (b *Bridge) ListedVersion() uint64 { return b.plane.ListedVersion() }
