package mesh

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	basichost "github.com/libp2p/go-libp2p/p2p/host/basic"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/multiformats/go-multiaddr"
)

// maxTopics bounds the applications of one node.
const maxTopics = 64

// A Mesh is this process as a libp2p peer. Its methods may be called concurrently.
type Mesh struct {
	o         Options
	secure    *handshake
	host      *basichost.BasicHost
	swarm     *swarm.Swarm
	gossip    *pubsub.PubSub
	tracer    tracer
	guard     *guard
	announced *announced
	start     time.Time

	ctx    context.Context // ends when Close has let everything out
	cancel context.CancelFunc

	mu      sync.Mutex
	topics  map[string]*Topic // by application
	closing bool
	once    sync.Once
	err     error

	violations atomic.Uint64 // peers cut off
	expelling  sync.WaitGroup
}

// New opens a mesh that knows nobody yet: Dial, or peers that dial us, change
// that. Join makes it a member of an application.
func New(o Options) (_ *Mesh, err error) {
	if o, err = o.complete(); err != nil {
		return nil, err
	}
	m := &Mesh{o: o, topics: map[string]*Topic{}, start: time.Now(), guard: newGuard(), announced: newAnnounced()}
	m.guard.offended = func(p peer.ID, cause error) {
		m.expelling.Go(func() { m.expel(p, cause) })
	}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			m.cancel()
		}
	}()
	if m.secure, err = newHandshake(o); err != nil {
		return nil, err
	}
	m.secure.welcome = m.guard.allows
	if m.host, m.swarm, err = newHost(o, m.secure, m.guard); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			if o.Metrics != nil {
				o.Metrics.Unregister(m.collector())
			}
			err = errors.Join(err, m.host.Close())
		}
	}()
	if m.gossip, err = newGossip(m.ctx, m.host, o.Degree, subscriptions{topicPrefix(o.Cache), m.allows, m.guard, m.announced}, &m.tracer); err != nil {
		return nil, err
	}
	if o.Metrics != nil {
		if err = o.Metrics.Register(m.collector()); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	m.host.SetStreamHandler(framesProtocol, m.accept)
	// Last, since peers may dial from this moment on.
	if !o.DialOnly {
		if err = m.listen(); err != nil {
			return nil, err
		}
	}
	m.host.Start()
	return m, nil
}

// ID is this node's peer ID.
func (m *Mesh) ID() string { return m.host.ID().String() }

// Addrs are the addresses that peers are told, with the port that is really used.
func (m *Mesh) Addrs() []multiaddr.Multiaddr { return m.host.Addrs() }

// Connections says how many peers are connected, of whatever application.
func (m *Mesh) Connections() int { return len(m.swarm.Peers()) }

// Close says goodbye, waits up to CloseTimeout for what was published to leave,
// and closes the host. Every call returns what the first one did.
func (m *Mesh) Close() error {
	m.once.Do(func() {
		m.mu.Lock()
		m.closing = true
		topics := make([]*Topic, 0, len(m.topics))
		for _, t := range m.topics {
			topics = append(topics, t)
		}
		m.mu.Unlock()
		var leaving sync.WaitGroup
		for _, t := range topics {
			leaving.Go(func() { _ = t.Close() })
		}
		leaving.Wait()
		m.cancel()
		m.err = m.host.Close()
		m.expelling.Wait()
		if m.o.Metrics != nil {
			m.o.Metrics.Unregister(m.collector())
		}
	})
	return m.err
}

func (m *Mesh) topicOf(application string) *Topic {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.topics[application]
}

// connected tells whether there is a connection with p.
func (m *Mesh) connected(p peer.ID) bool { return m.swarm.Connectedness(p) == network.Connected }

// topicName is GossipSub's name for an application's topic.
func topicName(cache, application string) string {
	return topicPrefix(cache) + url.PathEscape(application) + topicSuffix
}

// topicSuffix is the version of what travels on topics.
const topicSuffix = "/1"

func topicPrefix(cache string) string {
	return "/signalmesh/" + url.PathEscape(strings.ToLower(cache)) + "/"
}
