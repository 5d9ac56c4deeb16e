package mesh

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
	"golang.org/x/time/rate"
)

const (
	// A peer that behaves opens a few streams for each application and keeps them;
	// a link that breaks is opened again after 50 ms, then less and less often.
	streamsPerSecond, streamsAtOnce = 20, 4 * maxTopics
	// It tells of its topics when it connects, and of changes, which are rare.
	subscriptionsPerSecond, subscriptionsAtOnce = 10, 4 * maxTopics
	// banTime is how long a peer that was cut off is not let in again.
	banTime = 30 * time.Second
	// maxWatched bounds the peers that the guard remembers.
	maxWatched = 4096
)

var (
	errStreamFlood       = errors.New("mesh: the peer opens streams without end")
	errSubscriptionFlood = errors.New("mesh: the peer subscribes without end")
)

// A guard bounds what an admitted peer can make this node do, and keeps out for a
// while who was cut off. It is libp2p's resource manager and connection gater.
type guard struct {
	network.NullResourceManager
	offended func(peer.ID, error) // set before the host listens; must not block

	mu     sync.Mutex
	peers  map[peer.ID]*allowance
	banned map[peer.ID]time.Time // until when
}

// An allowance is what one peer may still do.
type allowance struct{ streams, subscriptions *rate.Limiter }

func newGuard() *guard {
	return &guard{peers: map[peer.ID]*allowance{}, banned: map[peer.ID]time.Time{}}
}

func (g *guard) allowance(p peer.ID) *allowance {
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.peers[p]
	if a == nil {
		if len(g.peers) >= maxWatched {
			g.prune()
		}
		a = &allowance{
			streams:       rate.NewLimiter(streamsPerSecond, streamsAtOnce),
			subscriptions: rate.NewLimiter(subscriptionsPerSecond, subscriptionsAtOnce),
		}
		g.peers[p] = a
	}
	return a
}

// prune forgets who has used nothing of late. The caller holds mu.
func (g *guard) prune() {
	for p, a := range g.peers {
		if a.streams.Tokens() >= streamsAtOnce && a.subscriptions.Tokens() >= subscriptionsAtOnce {
			delete(g.peers, p)
		}
	}
}

// OpenStream refuses a stream of a peer that opens too many, of whatever protocol.
func (g *guard) OpenStream(p peer.ID, d network.Direction) (network.StreamManagementScope, error) {
	if d == network.DirInbound && !g.allowance(p).streams.Allow() {
		g.offended(p, errStreamFlood)
		return nil, errStreamFlood
	}
	return g.NullResourceManager.OpenStream(p, d)
}

// subscriptions refuses n changes of subscriptions by a peer that makes too many.
func (g *guard) subscriptions(p peer.ID, n int) error {
	if n <= maxTopics && g.allowance(p).subscriptions.AllowN(time.Now(), n) {
		return nil
	}
	err := fmt.Errorf("%w: %d at once", errSubscriptionFlood, n)
	g.offended(p, err)
	return err
}

// ban keeps p out for banTime. It says whether p was not kept out already.
func (g *guard) ban(p peer.ID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if len(g.banned) >= maxWatched {
		maps.DeleteFunc(g.banned, func(_ peer.ID, until time.Time) bool { return now.After(until) })
	}
	until, again := g.banned[p]
	if again || len(g.banned) < maxWatched {
		g.banned[p] = now.Add(banTime)
	}
	return !again || now.After(until)
}

func (g *guard) allows(p peer.ID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Now().After(g.banned[p])
}

// InterceptPeerDial implements connmgr.ConnectionGater, as do the following.
func (g *guard) InterceptPeerDial(p peer.ID) bool { return g.allows(p) }

// InterceptSecured lets in who is not banned.
func (g *guard) InterceptSecured(_ network.Direction, p peer.ID, _ network.ConnMultiaddrs) bool {
	return g.allows(p)
}

// InterceptAddrDial lets every address be dialled.
func (g *guard) InterceptAddrDial(peer.ID, multiaddr.Multiaddr) bool { return true }

// InterceptAccept lets every address in: who it is shows after the handshake.
func (g *guard) InterceptAccept(network.ConnMultiaddrs) bool { return true }

// InterceptUpgraded lets a connection be used.
func (g *guard) InterceptUpgraded(network.Conn) (bool, control.DisconnectReason) { return true, 0 }

// expel ends every connection with a peer that broke the rules, and keeps it out for
// a while.
func (m *Mesh) expel(p peer.ID, cause error) {
	if m.guard.ban(p) {
		m.violations.Add(1)
		m.o.Logger.Warn("peer cut off", "peer", p.String(), "for", banTime, "err", cause)
	}
	_ = m.swarm.ClosePeer(p)
}
