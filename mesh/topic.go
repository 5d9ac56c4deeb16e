package mesh

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"sync"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/mesh/frame"
)

// A Receiver takes what a Topic delivers. It is an alias of an interface literal,
// so that it is the same type as that of the package that uses a Topic.
type Receiver = interface {
	// Receive takes what the server named from published to channel.
	Receive(from, channel string, data []byte)
	// Left says that a server left and that its subscriptions ended.
	Left(server string)
	// Gap says that lost messages from a server will never arrive.
	Gap(from string, lost uint64)
}

// A Topic is this node's membership of one application: a backplane for its
// SignalR servers. Its methods may be called concurrently.
type Topic struct {
	mesh        *Mesh
	application string
	name        string // GossipSub's
	log         *slog.Logger
	shell       *shell

	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	gossip  *pubsub.Topic
	written uint64 // messages on it; of writeTopic's goroutine
	sub     *pubsub.Subscription
	events  *pubsub.TopicEventHandler

	mu       sync.Mutex // guards core and what shell notes
	core     *core.Node
	roster   *roster
	expected expectation
	links    map[peer.ID]*link
	welcomes map[peer.ID]*welcome
	tickets  map[uint64]chan struct{}
	room     chan struct{} // closed when a publisher may try again
	changed  chan struct{} // closed when a member's state changes
	joined   chan struct{} // closed when the core has joined
	closing  bool

	receiver struct {
		sync.RWMutex
		r Receiver
	}
	lanes [64]sync.Mutex // one peer's deliveries keep their order
	once  sync.Once
	count counters
}

// Join makes this node a member of an application.
func (m *Mesh) Join(application string) (_ *Topic, err error) {
	if application == "" {
		return nil, errors.New("mesh: no application; give its ApplicationID")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closing:
		return nil, ErrClosed
	case m.topics[application] != nil:
		return nil, fmt.Errorf("mesh: application %q is joined already", application)
	case len(m.topics) == maxTopics:
		return nil, fmt.Errorf("mesh: %d applications are joined, which is the most", maxTopics)
	}
	t := newTopic(m, application)
	if err := t.open(); err != nil {
		t.cancel()
		return nil, fmt.Errorf("join topic %q: %w", t.name, err)
	}
	m.topics[application] = t
	return t, nil
}

func newTopic(m *Mesh, application string) *Topic {
	t := &Topic{
		mesh: m, application: application, name: topicName(m.o.Cache, application),
		log: m.o.Logger.With("application", application), roster: newRoster(m.o.ForgetAfter),
		links: map[peer.ID]*link{}, welcomes: map[peer.ID]*welcome{}, tickets: map[uint64]chan struct{}{}, changed: make(chan struct{}), joined: make(chan struct{}),
	}
	t.shell = &shell{t: t, dials: make(chan dial, 256), hangs: make(chan core.Peer, 16), topic: make(chan struct{}, 1), stray: make(chan struct{}, 1), ended: make(chan struct{}, 1), ticked: make(chan struct{}, 1)}
	t.ctx, t.cancel = context.WithCancel(m.ctx)
	member := frame.Member{Epoch: newEpoch(), Name: m.o.Name, Version: m.o.Version, Addrs: m.addrs()}
	t.core = core.New(m.now(), core.Options{
		Self: core.Peer(m.host.ID()), Application: application, Member: member, Shell: t.shell,
		Rand:       mathrand.New(mathrand.NewPCG(member.Epoch, 0)),
		MaxMessage: m.o.MaxMessage, WindowBytes: m.o.ReplayBytes, WindowAge: m.o.ReplayAge,
		Backlog: m.o.Backlog, SuspectAfter: m.o.SuspectAfter, GoneAfter: m.o.GoneAfter, FullMesh: m.o.Direct, JoinTimeout: m.o.JoinTimeout,
	})
	return t
}

// newEpoch draws the name of one life of a node; 0 means none.
func newEpoch() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	return max(1, binary.BigEndian.Uint64(b[:]))
}

// open joins GossipSub's topic and starts the work.
func (t *Topic) open() (err error) {
	ps := t.mesh.gossip
	if err := ps.RegisterTopicValidator(t.name, t.validate, pubsub.WithValidatorInline(true)); err != nil {
		return err
	}
	if t.gossip, err = ps.Join(t.name); err != nil {
		return err
	}
	if t.events, err = t.gossip.EventHandler(); err != nil {
		return err
	}
	if t.sub, err = t.gossip.Subscribe(pubsub.WithBufferSize(gossipQueue)); err != nil {
		return err
	}
	moves, err := t.mesh.watchMoves()
	if err != nil {
		return err
	}
	t.work.Go(func() { t.tellMoves(moves) })
	for _, loop := range []func(){t.tick, t.watchPeers, t.readTopic, t.writeTopic, t.dialPeers, t.hangUp, t.deliverStrays, t.watchHealth} {
		t.work.Go(loop)
	}
	return nil
}

// now is the time on this node's own clock, which is never compared with another's.
func (m *Mesh) now() time.Duration { return time.Since(m.start) }

// Self is this server's ID on the backplane: its peer ID.
func (t *Topic) Self() string { return t.mesh.ID() }

// Attach hands r what other servers publish, until detach is called.
func (t *Topic) Attach(r Receiver) (detach func(), err error) {
	t.receiver.Lock()
	defer t.receiver.Unlock()
	switch {
	case t.ctx.Err() != nil:
		return nil, ErrClosed
	case t.receiver.r != nil:
		return nil, ErrAttached
	}
	t.receiver.r = r
	return sync.OnceFunc(func() {
		t.receiver.Lock()
		defer t.receiver.Unlock()
		t.receiver.r = nil
	}), nil
}

// Publish offers data to every other server subscribed to channel and says how
// many those are. When one of them is behind it waits for room, until ctx ends.
func (t *Topic) Publish(ctx context.Context, channel string, data []byte) (servers int, err error) {
	for {
		t.mu.Lock()
		if t.closing {
			t.mu.Unlock()
			return 0, ErrClosed
		}
		servers, err = t.core.Publish(t.mesh.now(), channel, data)
		room := t.room
		if errors.Is(err, core.ErrBacklog) && room == nil {
			room = make(chan struct{})
			t.room = room
		}
		t.mu.Unlock()
		switch {
		case errors.Is(err, core.ErrTooLarge):
			return 0, fmt.Errorf("%w: %d bytes to channel %.64q, limit %d", ErrTooLarge, len(data), channel, t.mesh.o.MaxMessage)
		case err == nil:
			return servers, nil
		}
		t.count.waits.Add(1)
		select {
		case <-room:
		case <-ctx.Done():
			return 0, fmt.Errorf("publish to channel %.64q: %s: %w", channel, t.whoIsBehind(), ctx.Err())
		case <-t.ctx.Done():
			return 0, ErrClosed
		}
	}
}

// whoIsBehind says for whom publishers wait, and what can be done.
func (t *Topic) whoIsBehind() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	name, bytes := t.core.Behind()
	if name == "" {
		return "no server took it in time; try again"
	}
	return fmt.Sprintf("server %q has not taken %d MiB that were sent to it; give it more CPU or network, or send less", name, bytes>>20)
}

// abandon gives up waiting for a ticket and names who has not confirmed it.
func (t *Topic) abandon(ticket uint64) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.tickets, ticket)
	var late []string
	for _, p := range t.core.Abandon(ticket) {
		late = append(late, peer.ID(p).String())
	}
	return late
}

// Unsubscribe ends a subscription. Messages on their way may still arrive.
func (t *Topic) Unsubscribe(channel string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.core.Unsubscribe(t.mesh.now(), channel)
}

// Subscribers says how many other servers are subscribed to channel.
func (t *Topic) Subscribers(ctx context.Context, channel string) (servers int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closing {
		return 0, ErrClosed
	}
	return t.core.Subscribers(channel), ctx.Err()
}
