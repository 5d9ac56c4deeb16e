//go:build linux

package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/simulations/netlab"
)

// shortWindow is the replay window of the fleet that is parted for longer.
const shortWindow = 8 * time.Second

// addressLimit is how long the others may take to be told a new address: libp2p looks
// at the interfaces once a minute.
const addressLimit = 80 * time.Second

// scenarios are all there are, in the order they are run. Those that start servers
// anew or end them come late, so that the others meet a fleet that has lived a while.
func scenarios() []scenario {
	return []scenario{
		{
			name: "link cut", soak: true, run: cutLink(10 * time.Second),
			story: "No packet passes between two of the servers for 10 s, in either direction. Both must call the mesh degraded meanwhile.",
		},
		{
			name: "partition 2|3, 5 s", soak: true, run: partition(5 * time.Second),
			story: "Two servers and the other three are apart for 5 s.",
		},
		{
			name: "partition 2|3, 30 s", run: partition(30 * time.Second),
			story: "The same for 30 s: they have given each other up as gone by then, but keep what they missed.",
		},
		{
			name: "bad network", soak: true, run: badNetwork(15 * time.Second), limit: 60 * time.Second,
			story: "For 15 s, 20 % of all packets are lost, and each of the others takes from 40 to 60 ms, so that they overtake each other.",
		},
		{
			name: "process paused", soak: true, run: pause(15 * time.Second),
			story: "One process is stopped for 15 s (SIGSTOP), and goes on (SIGCONT).",
		},
		{
			name: "log disk full", soak: true, run: fullDisk,
			story: "The disk that one server logs to has no room; a link of it is cut for 4 s, so that it has something to log.",
		},
		{
			name: "address changed", run: moveHost, check: knowAddresses,
			story: "The address of one machine is replaced by another, while its server runs. All others must be told it.",
		},
		{
			name: "link missing", run: missingLink,
			story: "A server is started that cannot reach one of the others, by a mistake in a firewall, say. Traffic must flow between the two before the mistake is corrected.",
		},
		{
			name: "killed in a burst", soak: true, run: killInBurst,
			story: "A process is killed (SIGKILL) while it publishes as fast as it can, and a fresh one takes its place. What it had not sent to anybody dies with it; what one of the others has, all must get.",
		},
		{
			name: "rolling restart", run: rollingRestart,
			story: "All servers are stopped in order (SIGTERM) and started anew, one after the other.",
		},
		{
			name: "partition 2|3, longer than the window", run: partition(20 * time.Second), loses: true, limit: 60 * time.Second,
			flags: []string{"--replay-age", shortWindow.String()},
			story: "A fleet whose window is 8 s is parted for 20 s. What is given up must be reported, to the message.",
		},
	}
}

func cutLink(d time.Duration) func(context.Context, *trial) error {
	return func(ctx context.Context, t *trial) error {
		two := t.some(2)
		a, b := two[0], two[1]
		t.say("between %s and %s", a, b)
		t.wire.Block(a.host, b.host)
		defer t.wire.Unblock(a.host, b.host)
		begun := time.Now()
		for _, s := range two {
			if err := t.degraded(ctx, s); err != nil {
				return err
			}
		}
		return t.hold(ctx, d-time.Since(begun))
	}
}

func partition(d time.Duration) func(context.Context, *trial) error {
	return func(ctx context.Context, t *trial) error {
		few := t.some(2)
		t.say("%s and %s apart from the rest", few[0], few[1])
		for _, a := range few {
			for _, b := range t.servers {
				if !slices.Contains(few, b) {
					t.wire.Block(a.host, b.host)
					defer t.wire.Unblock(a.host, b.host)
				}
			}
		}
		return t.hold(ctx, d)
	}
}

func badNetwork(d time.Duration) func(context.Context, *trial) error {
	return func(ctx context.Context, t *trial) error {
		t.wire.Turn(netlab.Weather{Loss: 0.2, Delay: 50 * time.Millisecond, Spread: 10 * time.Millisecond})
		carried, lost := t.wire.Packets()
		err := t.hold(ctx, d)
		t.wire.Turn(netlab.Weather{})
		after, gone := t.wire.Packets()
		t.say("%d of %d packets lost", gone-lost, gone-lost+after-carried)
		return err
	}
}

func pause(d time.Duration) func(context.Context, *trial) error {
	return func(ctx context.Context, t *trial) error {
		s := t.some(1)[0]
		t.say("%s", s)
		if err := t.freeze(s); err != nil {
			return err
		}
		return errors.Join(t.hold(ctx, d), t.thaw(s))
	}
}

func fullDisk(ctx context.Context, t *trial) error {
	two := t.some(2)
	s, other := two[0], two[1]
	t.say("%s", s)
	empty, err := s.process.fillLog()
	if err != nil {
		return err
	}
	t.wire.Block(s.host, other.host)
	err = t.hold(ctx, 4*time.Second)
	t.wire.Unblock(s.host, other.host)
	if err != nil {
		return err
	}
	return errors.Join(t.whole(ctx), empty())
}

func moveHost(ctx context.Context, t *trial) error {
	s := t.some(1)[0]
	to := address(s.index, 2)
	t.say("%s, from %s to %s", s, s.host.Addr, to)
	if err := s.host.Move(to); err != nil {
		return err
	}
	t.wire.Place(s.host)
	return nil
}

// knowAddresses waits until every server tells the present address of every other.
func knowAddresses(ctx context.Context, t *trial) error {
	return await(ctx, addressLimit, "all servers to know each other's address", func() bool {
		for _, s := range t.servers {
			status, err := s.process.status(ctx)
			if err != nil {
				return false
			}
			for _, m := range status.Members {
				if other := t.named(m.Peer); other != nil && !slices.Contains(m.Addrs, other.multiaddr()) {
					return false
				}
			}
		}
		return true
	})
}

func missingLink(ctx context.Context, t *trial) error {
	two := t.some(2)
	a, b := two[0], two[1]
	t.say("between %s and %s", a, b)
	if err := t.stop(a); err != nil {
		return err
	}
	t.wire.Block(a.host, b.host)
	defer t.wire.Unblock(a.host, b.host)
	if err := t.start(ctx, a); err != nil {
		return err
	}
	took, err := t.recovered(ctx, recoverLimit)
	if err != nil {
		return err
	}
	t.say("traffic went round after %.1f s", took.Seconds())
	return t.degraded(ctx, a)
}

func killInBurst(ctx context.Context, t *trial) error {
	s := t.servers[t.o.spared+t.rand.IntN(len(t.servers)-t.o.spared)]
	s.publisher.burst()
	lasts := 50*time.Millisecond + time.Duration(t.rand.Int64N(int64(200*time.Millisecond)))
	t.say("%s, %d ms into it", s, lasts.Milliseconds())
	if err := t.hold(ctx, lasts); err != nil {
		return err
	}
	t.kill(s)
	return t.start(ctx, s)
}

func rollingRestart(ctx context.Context, t *trial) error {
	for _, s := range t.servers {
		if err := t.stop(s); err != nil {
			return err
		}
		if err := t.start(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
