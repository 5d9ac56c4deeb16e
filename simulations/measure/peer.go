//go:build linux

package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/multiformats/go-multiaddr"

	"github.com/signalmesh/signalmesh/discovery"
	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/simulations/load"
	sim "github.com/signalmesh/signalmesh/simulations/scenario"
)

// A sighting is what one peer of a measurement has to tell at its end.
type sighting struct {
	Published int     `json:"published"`
	Lost      uint64  `json:"lost"` // as reported to it
	Delays    []int64 `json:"delays"`
}

// A peer is the process of a measurement: a mesh, and nothing above it. Beside it
// stands the same plan of messages that the simulations follow.
type peer struct {
	s        sim.Scenario
	node     int
	begin    time.Time
	mesh     *mesh.Mesh
	topic    *mesh.Topic
	sighting sighting
	mu       sync.Mutex // guards sighting
}

// runPeer is the program of a peer: it reads a scenario from in, takes part in it
// and tells what it saw.
func runPeer(ctx context.Context, args []string, in io.Reader, out, stderr io.Writer) int {
	var p peer
	var begin int64
	flags := flag.NewFlagSet("peer", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&p.node, "index", 0, "which node of the scenario, from 0")
	flags.Int64Var(&begin, "begin", 0, "when the load begins, in Unix nanoseconds")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	p.begin = time.Unix(0, begin)
	err := json.NewDecoder(in).Decode(&p.s)
	if err == nil {
		err = p.run(ctx, flags.Args())
	}
	if err == nil {
		err = json.NewEncoder(out).Encode(p.sighting)
	}
	if err != nil {
		fmt.Fprintln(stderr, "peer:", err)
		return 1
	}
	return 0
}

// run takes part until the scenario is over.
func (p *peer) run(ctx context.Context, seeds []string) (err error) {
	listen, err := multiaddr.NewMultiaddr("/ip4/0.0.0.0/tcp/" + peerPort)
	if err != nil {
		return err
	}
	p.mesh, err = mesh.New(mesh.Options{
		Cache: "measure", UserID: "node", Password: "not a secret", Listen: []multiaddr.Multiaddr{listen}, Name: fmt.Sprint("node-", p.node+1),
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.mesh.Close()) }()
	plan := load.New(&p.s)
	if p.topic, err = p.mesh.Join(p.s.Applications[0].Name); err != nil {
		return err
	}
	if _, err := p.topic.Attach(p); err != nil {
		return err
	}
	for _, c := range plan.Channels(0, p.node) {
		if err := p.topic.Subscribe(ctx, c); err != nil {
			return err
		}
	}
	loop, err := p.search(seeds)
	if err != nil {
		return err
	}
	defer loop.Close()
	if err := p.publish(ctx, plan); err != nil {
		return err
	}
	return sleepUntil(ctx, p.begin.Add(p.s.Duration.D()+p.s.Drain.D()))
}

func (p *peer) search(seeds []string) (*discovery.Loop, error) {
	var list []discovery.Seed
	for _, text := range seeds {
		s, err := discovery.ParseSeed(text)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return discovery.New(discovery.Options{Seeds: list, Dial: p.mesh.Dial, Peers: p.topic.Watch})
}

// publish publishes what the plan has for this node, when it says.
func (p *peer) publish(ctx context.Context, plan *load.Plan) error {
	for {
		m, ok := plan.Next()
		if !ok {
			return nil
		}
		if m.Node != p.node {
			continue
		}
		if err := sleepUntil(ctx, p.begin.Add(m.At)); err != nil {
			return err
		}
		b := m.Payload()
		binary.BigEndian.PutUint64(b, uint64(time.Now().UnixNano())) // all processes have one clock
		if _, err := p.topic.Publish(ctx, m.Channel, b); err != nil {
			return fmt.Errorf("publish message %d: %w", m.ID, err)
		}
		p.mu.Lock()
		p.sighting.Published++
		p.mu.Unlock()
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
	took := time.Now().UnixNano() - int64(load.ID(data))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sighting.Delays = append(p.sighting.Delays, took)
}

// Left is of no interest: nobody leaves.
func (p *peer) Left(string) {}

// Gap notes what is reported lost.
func (p *peer) Gap(_ string, lost uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sighting.Lost += lost
}
