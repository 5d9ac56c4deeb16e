package stack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/multiformats/go-multiaddr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/signalmesh/signalmesh/discovery"
	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/simulations/account"
	"github.com/signalmesh/signalmesh/simulations/stack/vnet"
)

const (
	peerPort = 9800
	// seeds are how many nodes, the first ones, everybody has as seeds.
	seeds = 3
	// greeting is how long a seed may take to become a member, as in package node.
	greeting = 2 * time.Second
)

// A life is one process of a node: all that package node opens, but for HTTP.
type life struct {
	w       *world
	number  int // in the account
	node    int
	host    *vnet.Host
	mesh    *mesh.Mesh
	topics  []*mesh.Topic // by application; nil where it does not run
	loop    *discovery.Loop
	metrics *prometheus.Registry
	started time.Time
	ended   chan struct{} // closed when the process is to be thought of as dead
	over    sync.Once
	said    copies // on the topic, when it ended
}

// start starts the next life of a node, in which nobody is known but the seeds.
func (w *world) start(node int) error {
	s := w.s.Mesh
	rate := float64(w.s.NodeBandwidth(node)) / bitsPerByte
	l := &life{
		w: w, node: node, host: w.net.Host(address(node), rate, rate), started: time.Now(),
		topics: make([]*mesh.Topic, len(w.s.Applications)), metrics: prometheus.NewRegistry(), ended: make(chan struct{}),
	}
	l.host.SetZone(w.s.RegionOf(node))
	listen, err := multiaddr.NewMultiaddr(fmt.Sprintf("/ip4/%s/tcp/%d", address(node), peerPort))
	if err != nil {
		return err
	}
	l.mesh, err = mesh.New(mesh.Options{
		Cache: "simulation", UserID: "node", Password: "not a secret", Listen: []multiaddr.Multiaddr{listen}, Network: l.host,
		Name: account.Name(node), Version: "simulated", Metrics: l.metrics, Logger: slog.New(slog.DiscardHandler),
		ReplayAge: s.ReplayAge.D(), ReplayBytes: int(s.ReplayBytes), Backlog: int(s.Backlog),
		Verify: w.verified.verify, SuspectAfter: s.SuspectAfter.D(), GoneAfter: s.GoneAfter.D(), Direct: s.Direct, Degree: s.Degree,
	})
	if err != nil {
		return fmt.Errorf("start %s: %w", account.Name(node), err)
	}
	w.mu.Lock()
	l.number = w.book.Started(node)
	w.numbers[l.mesh.ID()] = l.number
	w.lives[node] = l
	w.all = append(w.all, l)
	w.mu.Unlock()
	if err := l.join(); err != nil {
		return errors.Join(fmt.Errorf("start %s: %w", account.Name(node), err), l.mesh.Close())
	}
	w.work.Go(func() { w.watchContact(l) })
	w.work.Go(func() { w.watchJoin(l) })
	return nil
}

// join joins the applications of the node and looks for its seeds.
func (l *life) join() (err error) {
	var first *mesh.Topic
	for i, app := range l.w.s.Applications {
		if !l.w.plan.Runs(i, l.node) {
			continue
		}
		t, err := l.mesh.Join(app.Name)
		if err != nil {
			return err
		}
		if _, err := t.Attach(&receiver{l}); err != nil {
			return err
		}
		for _, c := range l.w.plan.Channels(i, l.node) {
			if err := t.Subscribe(context.Background(), c); err != nil { // nobody is there yet
				return err
			}
		}
		l.topics[i] = t
		if first == nil {
			first = t
		}
	}
	if first == nil {
		return nil
	}
	l.loop, err = discovery.New(discovery.Options{
		Seeds: l.w.seedsOf(l.node), Policy: discovery.Policy{Shuffle: true}, Dial: l.dial, Peers: first.Watch,
		Rand: rand.New(rand.NewPCG(l.w.s.Seed, uint64(l.number))),
	})
	return err
}

// seedsOf are the first nodes, but for the node itself.
func (w *world) seedsOf(node int) []discovery.Seed {
	var list []discovery.Seed
	for i := range w.s.Nodes() {
		if i == node || len(list) == seeds {
			continue
		}
		if s, err := discovery.ParseSeed(fmt.Sprintf("%s:%d", address(i), peerPort)); err == nil {
			list = append(list, s)
		}
	}
	return list
}

// dial dials a seed and waits a moment until it is a member, as a node does.
func (l *life) dial(ctx context.Context, addr multiaddr.Multiaddr) (string, error) {
	id, err := l.mesh.Dial(ctx, addr)
	if errors.Is(err, mesh.ErrSelf) {
		return id, discovery.ErrSelf
	}
	if err != nil {
		return id, err
	}
	ctx, cancel := context.WithTimeout(ctx, greeting)
	defer cancel()
	for {
		known, changed := l.has(id)
		if known {
			return id, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return id, errors.New("the peer there is in none of the applications")
		}
	}
}

// has tells whether a peer is a member of an application of this node, and returns
// what is closed when that may have changed in the first.
func (l *life) has(id string) (known bool, changed <-chan struct{}) {
	for _, t := range l.topics {
		if t == nil {
			continue
		}
		if changed == nil {
			_, changed = t.Watch()
		}
		known = known || t.Has(id)
	}
	return known, changed
}

// stop ends a life in good order, and kill as kill -9 does.
func (l *life) stop() {
	l.end(true, func() { l.close() })
}

func (l *life) kill() {
	l.w.watchAll(l, nil)
	l.end(false, func() {
		l.host.Abort()
		l.w.work.Go(l.close) // what is left of it cannot reach anybody
	})
}

// lose ends a life together with its machine, which sends no notification.
func (l *life) lose() {
	l.w.watchAll(l, nil)
	l.end(false, func() {
		l.host.Vanish()
		l.w.work.Go(l.close)
	})
}

func (l *life) end(clean bool, how func()) {
	l.over.Do(func() {
		l.w.mu.Lock()
		if l.w.lives[l.node] == l {
			l.said = l.copies()
			l.w.lives[l.node] = nil // nothing more is published here
		}
		l.w.mu.Unlock()
		how()
		l.w.mu.Lock()
		l.w.book.Ended(l.number, clean)
		l.w.mu.Unlock()
		close(l.ended)
	})
}

func (l *life) close() {
	if l.loop != nil {
		_ = l.loop.Close()
	}
	_ = l.mesh.Close() // a simulated host has nothing to fail with
	l.host.Abort()
}

// A receiver enters what arrives into the account.
type receiver struct{ *life }

func (r *receiver) Receive(from, _ string, data []byte) { r.w.delivered(r.life, from, data) }
func (r *receiver) Left(string)                         {}
func (r *receiver) Gap(from string, lost uint64)        { r.w.lost(r.life, from, lost) }
