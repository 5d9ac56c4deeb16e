package redisbackplane

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

// A Receiver takes what a Backplane delivers; it is signalr.Receiver.
type Receiver = interface {
	// Receive takes what the server named from published to channel.
	Receive(from, channel string, data []byte)
	// Left says that a server left and that its subscriptions ended.
	Left(server string)
	// Gap says that messages from a server may never arrive. Redis does not know how
	// many: lost is 0.
	Gap(from string, lost uint64)
}

// A Backplane connects the servers of one application by a Redis server. Its methods
// may be called concurrently.
type Backplane struct {
	o       Options
	self    string
	log     *slog.Logger
	metrics *metrics
	client  rueidis.Client

	wants  *wants
	roster *roster

	ctx    context.Context // ends when Close has said goodbye
	cancel context.CancelFunc
	work   sync.WaitGroup
	once   sync.Once

	mu         sync.Mutex
	up         chan struct{}  // closed while there is a session
	publishing sync.WaitGroup // calls of Publish; Add only with mu and if not ended
	closing    chan struct{}  // closed when Close begins
	ended      bool

	receiver struct {
		sync.RWMutex
		r Receiver
	}
}

// New connects to Redis. It fails if that does not answer before ctx ends. Later the
// connection is made again whenever it is lost.
func New(ctx context.Context, o Options) (*Backplane, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	b := &Backplane{
		o: o, self: newName(), metrics: newMetrics(), wants: newWants(), roster: newRoster(),
		log: o.Logger.With("redis", o.Address), up: make(chan struct{}), closing: make(chan struct{}),
	}
	if b.client, err = connect(o, b.self); err != nil {
		return nil, fmt.Errorf("connect to Redis at %s: %w; start it, or correct Options.Address and its credentials", o.Address, err)
	}
	if err := b.metrics.register(o.Metrics); err != nil {
		b.client.Close()
		return nil, err
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.wants.set(o.ChannelPrefix+presenceChannel, true)
	b.work.Go(b.connected)
	b.work.Go(b.live)
	if err := b.awaitSession(ctx); err != nil {
		_ = b.Close()
		return nil, fmt.Errorf("connect to Redis at %s: %w", o.Address, err)
	}
	return b, nil
}

// connect makes the client that publishes. Its connections for subscriptions are
// made by Dedicate.
func connect(o Options, name string) (rueidis.Client, error) {
	c := rueidis.ClientOption{
		InitAddress: []string{o.Address}, ForceSingleClient: true,
		Username: o.Username, Password: o.Password, TLSConfig: o.TLS, ClientName: name,
		// One connection, so that what is published concurrently keeps its order too.
		PipelineMultiplex: -1,
		DisableCache:      true, DisableRetry: true,
		ConnWriteTimeout: o.OutageTimeout,
	}
	c.Dialer.Timeout = o.OutageTimeout
	c.Dialer.KeepAlive = time.Second
	return rueidis.NewClient(c)
}

// Self is this server's name, as ASP.NET Core forms them.
func (b *Backplane) Self() string { return b.self }

// Attach hands r what other servers publish, until detach is called.
func (b *Backplane) Attach(r Receiver) (detach func(), err error) {
	b.receiver.Lock()
	defer b.receiver.Unlock()
	switch {
	case b.isClosing():
		return nil, ErrClosed
	case b.receiver.r != nil:
		return nil, ErrAttached
	}
	b.receiver.r = r
	return sync.OnceFunc(func() {
		b.receiver.Lock()
		defer b.receiver.Unlock()
		b.receiver.r = nil
	}), nil
}

// attached calls f with the receiver, which is not detached meanwhile. It reports
// false if there is none.
func (b *Backplane) attached(f func(Receiver)) bool {
	b.receiver.RLock()
	defer b.receiver.RUnlock()
	if b.receiver.r == nil {
		return false
	}
	f(b.receiver.r)
	return true
}

func (b *Backplane) isClosing() bool {
	select {
	case <-b.closing:
		return true
	default:
		return false
	}
}

// Close waits for what is being published, says goodbye to the other servers and
// hangs up. A receiver must not call it. The error is nil.
func (b *Backplane) Close() error {
	b.once.Do(func() {
		b.mu.Lock()
		b.ended = true
		close(b.closing)
		b.mu.Unlock()
		b.publishing.Wait()
		b.tell(bye)
		b.cancel()
		b.work.Wait()
		b.client.Close()
		b.metrics.unregister(b.o.Metrics)
	})
	b.work.Wait()
	return nil
}
