//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/multiformats/go-multiaddr"

	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/signalr/backplanetest"
	"github.com/signalmesh/signalmesh/signalr/redisbackplane"
)

// The contestants.
const (
	contestantMesh   = "mesh"
	contestantRedis  = "redis"
	contestantNATS   = "nats"
	contestantMemory = "memory"
	contestantTCP    = "tcp"
	contestantTLS    = "tls"
)

// opened are the planes of a process, which are one but for memory.
type opened struct {
	planes  []plane
	address string // for the others to reach it at; empty: that is not needed
	// connect makes the servers one, of so many in all.
	connect func(ctx context.Context, addresses []string, servers int) error
	close   func() error // what the planes do not close
}

// openPlanes opens count planes of a contestant. broker is the address of the Redis or
// NATS server. The connections of the mesh, and those to Redis, pass through c, if it is not
// nil.
func openPlanes(contestant, broker string, count int, c *cable) (opened, error) {
	nothing := func(context.Context, []string, int) error { return nil }
	done := func() error { return nil }
	switch contestant {
	case contestantMesh:
		return openMesh(c)
	case contestantRedis:
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if c != nil {
			way, err := c.through(broker)
			if err != nil {
				return opened{}, err
			}
			broker = way
		}
		p, err := redisbackplane.New(ctx, redisbackplane.Options{Address: broker})
		return opened{[]plane{p}, "", nothing, done}, err
	case contestantNATS:
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		p, err := openNATS(ctx, broker)
		return opened{[]plane{p}, "", nothing, done}, err
	case contestantMemory:
		memory := backplanetest.NewMemory()
		o := opened{connect: nothing, close: done}
		for range count {
			o.planes = append(o.planes, memory.Join())
		}
		return o, nil
	case contestantTCP, contestantTLS:
		p, err := openRaw(contestant == contestantTLS)
		if err != nil {
			return opened{}, err
		}
		connect := func(_ context.Context, addresses []string, _ int) error { return p.connect(addresses) }
		return opened{[]plane{p}, p.Self(), connect, done}, nil
	}
	return opened{}, fmt.Errorf("no contestant is called %q", contestant)
}

// openMesh opens a mesh as it is used: encrypted, admitted by password, with order and
// repair.
func openMesh(c *cable) (opened, error) {
	listen, err := multiaddr.NewMultiaddr("/ip4/127.0.0.1/tcp/0")
	if err != nil {
		return opened{}, err
	}
	options := mesh.Options{Cache: "bench", UserID: "bench", Password: "a benchmark's password", Listen: []multiaddr.Multiaddr{listen}, Name: "bench"}
	if c != nil {
		options.Network = c
	}
	m, err := mesh.New(options)
	if err != nil {
		return opened{}, err
	}
	topic, err := m.Join("bench")
	if err != nil {
		return opened{}, errors.Join(err, m.Close())
	}
	connect := func(ctx context.Context, addresses []string, servers int) error {
		if own := m.Addrs()[0].String(); !slices.Contains(addresses[:1], own) {
			first, err := multiaddr.NewMultiaddr(addresses[0])
			if err != nil {
				return err
			}
			if _, err := m.Dial(ctx, first); err != nil {
				return err
			}
		}
		return awaitLinked(ctx, topic, servers-1)
	}
	return opened{[]plane{topic}, m.Addrs()[0].String(), connect, m.Close}, nil
}

// awaitLinked waits until a topic has links to so many others and knows what they
// want.
func awaitLinked(ctx context.Context, topic *mesh.Topic, others int) error {
	for {
		linked := 0
		for _, m := range topic.Members() {
			if m.Linked && m.Synced && m.State == "alive" {
				linked++
			}
		}
		if linked >= others {
			return nil
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%d of %d others are linked: %w", linked, others, ctx.Err())
		}
	}
}
