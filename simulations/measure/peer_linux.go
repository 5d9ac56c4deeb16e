package measure

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/multiformats/go-multiaddr"

	"github.com/signalmesh/signalmesh/discovery"
	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/simulations/load"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// childEnv tells a process that it is one of a measurement.
const childEnv = "SIGNALMESH_SIM_MEASURE_CHILD"

// lookEvery is how often a process looks at what it makes of the others.
const lookEvery = 5 * time.Millisecond

// An order is the input of a process of a measurement.
type order struct {
	Scenario scenario.Scenario `json:"scenario"`
	Node     int               `json:"node"`
	Begin    int64             `json:"begin"` // of the load, in Unix nanoseconds
	Seeds    []string          `json:"seeds"`
}

// Child takes part in a measurement and ends the process if Compare started it; otherwise
// it does nothing. It belongs at the beginning of main, before flags are parsed.
func Child() {
	if os.Getenv(childEnv) == "" {
		return
	}
	p := &peer{}
	err := json.NewDecoder(os.Stdin).Decode(&p.order)
	if err == nil {
		err = p.run(context.Background())
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(p.sighting)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "measurement:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// A peer is the process of a measurement: a mesh, and nothing above it. It publishes what
// the plan of the simulations has for its node.
type peer struct {
	order
	mesh  *mesh.Mesh
	topic *mesh.Topic

	mu       sync.Mutex // guards sighting
	sighting sighting
}

// run takes part until the end of the scenario.
func (p *peer) run(ctx context.Context) (err error) {
	started := time.Now()
	p.sighting.Node, p.sighting.Started = p.Node, started.UnixNano()
	if err := p.open(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.mesh.Close()) }()
	loop, err := p.search()
	if err != nil {
		return err
	}
	defer loop.Close()
	ctx, cancel := context.WithDeadline(ctx, p.at(p.Scenario.Duration.D()+p.Scenario.Drain.D()))
	defer cancel()
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { p.count(ctx) })
	work.Go(func() { p.look(ctx) })
	if err := p.publish(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// at is a time of the load.
func (p *peer) at(d time.Duration) time.Time { return time.Unix(0, p.Begin).Add(d) }

// open opens the mesh and the application.
func (p *peer) open(ctx context.Context) error {
	listen, err := multiaddr.NewMultiaddr("/ip4/0.0.0.0/tcp/" + peerPort)
	if err != nil {
		return err
	}
	s := p.Scenario.Mesh
	p.mesh, err = mesh.New(mesh.Options{
		Cache: "measure", UserID: "node", Password: "not a secret", Listen: []multiaddr.Multiaddr{listen}, Name: nameOf(p.Node),
		Logger: slog.New(slog.DiscardHandler), ReplayAge: s.ReplayAge.D(), ReplayBytes: int(s.ReplayBytes), Backlog: int(s.Backlog),
		SuspectAfter: s.SuspectAfter.D(), GoneAfter: s.GoneAfter.D(), Direct: s.Direct, Degree: s.Degree,
	})
	if err != nil {
		return err
	}
	plan := load.New(&p.Scenario)
	if p.topic, err = p.mesh.Join(p.Scenario.Applications[0].Name); err != nil {
		return err
	}
	if _, err := p.topic.Attach(p); err != nil {
		return err
	}
	for _, c := range plan.Channels(0, p.Node) {
		if err := p.topic.Subscribe(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func nameOf(node int) string { return fmt.Sprint("node-", node+1) }

func (p *peer) search() (*discovery.Loop, error) {
	var list []discovery.Seed
	for _, text := range p.Seeds {
		s, err := discovery.ParseSeed(text)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return discovery.New(discovery.Options{Seeds: list, Dial: p.mesh.Dial, Peers: p.topic.Watch})
}

// count notes how many others are known, until the load begins.
func (p *peer) count(ctx context.Context) {
	for time.Now().UnixNano() < p.Begin {
		alive, changed := p.topic.Watch()
		p.mu.Lock()
		p.sighting.Alive = append(p.sighting.Alive, [2]int64{time.Now().UnixNano(), int64(alive)})
		p.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// look notes when others are suspected and gone.
func (p *peer) look(ctx context.Context) {
	last := map[string]string{}
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		now := time.Now().UnixNano()
		for _, m := range p.topic.Members() {
			if m.State != last[m.Name] && m.State != "alive" {
				p.note(m, now)
			}
			last[m.Name] = m.State
		}
	}
}

func (p *peer) note(m mesh.Member, now int64) {
	var node int
	if _, err := fmt.Sscanf(m.Name, "node-%d", &node); err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sighting.Noticed = append(p.sighting.Noticed, notice{node - 1, m.State, now})
}

// publish publishes what the plan has for this node, when it says.
func (p *peer) publish(ctx context.Context) error {
	plan := load.New(&p.Scenario)
	for {
		m, ok := plan.Next()
		if !ok {
			return nil
		}
		if m.Node != p.Node {
			continue
		}
		if err := sleepUntil(ctx, p.at(m.At)); err != nil {
			return nil // the scenario is over
		}
		b := m.Payload()
		binary.BigEndian.PutUint64(b, uint64(time.Now().UnixNano()))
		if _, err := p.topic.Publish(ctx, m.Channel, b); err != nil {
			return fmt.Errorf("publish message %d: %w", m.ID, err)
		}
	}
}

func sleepUntil(ctx context.Context, at time.Time) error {
	select {
	case <-time.After(time.Until(at)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Receive notes how long a message took.
func (p *peer) Receive(_, _ string, data []byte) {
	now := time.Now().UnixNano()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sighting.Received = append(p.sighting.Received, [2]int64{int64(load.ID(data)), now})
}

// Left does nothing: no server leaves during a measurement.
func (p *peer) Left(string) {}

// Gap notes what is reported lost.
func (p *peer) Gap(_ string, lost uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sighting.Lost += lost
}
