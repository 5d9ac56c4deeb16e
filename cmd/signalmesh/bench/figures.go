//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// saturators is how many publishers each server has when they publish as fast as
// they can, and pacers when there is a rate: as a server has many clients. Redis has
// to be asked by many at a time, since it answers each message.
const (
	saturators = 256
	pacers     = 16
)

// A figure is one thing that is measured of each contestant.
type figure struct {
	name string
	// latency: what matters is how long it took, not how many there were.
	latency bool
	without []string // contestants that it is not for
	run     func(ctx context.Context, f *fleet) (Result, error)
}

// figures are all that is measured, in order.
func (s settings) figures() (all []figure) {
	everybody := func(n int) []int { return (&fleet{size: n}).all() }
	broadcast := trial{
		publishers: everybody(s.servers), subscribers: everybody(s.servers), size: 256,
		atATime: pacers, warm: s.warm, measured: s.measured,
	}
	add := func(name string, latency bool, t trial, without ...string) {
		all = append(all, figure{name, latency, without, func(ctx context.Context, f *fleet) (Result, error) { return f.run(ctx, t) }})
	}
	// NATS is in enough of them to compare by, so that all does not take too long.
	withoutNATSUnless := func(taken bool) []string {
		if taken {
			return nil
		}
		return []string{contestantNATS}
	}
	for _, size := range []int{64, 256, 4 << 10, 64 << 10} {
		t := broadcast
		t.size, t.atATime = size, saturatorsOf(size)
		add(fmt.Sprintf("saturated broadcast, %s", bytesOf(size)), false, t, withoutNATSUnless(size == 256 || size == 4<<10)...)
	}
	for _, rate := range []float64{1_000, 5_000, 20_000} {
		t := broadcast
		t.rate = rate
		add(fmt.Sprintf("broadcast at %.0f/s, 256 B", rate), true, t, withoutNATSUnless(rate == 5_000)...)
	}
	// The raw ones know of no interest, and servers in one process of no network.
	group, one := broadcast, broadcast
	group.rate, one.rate = 5_000, 5_000
	group.subscribers, one.subscribers = []int{0, 1}, []int{1}
	one.publishers = []int{0}
	add(fmt.Sprintf("group on 2 of %d servers at 5000/s, 256 B", s.servers), true, group, contestantTCP, contestantTLS)
	add("one connection elsewhere at 5000/s, 256 B", true, one, contestantTCP, contestantTLS, contestantNATS)
	all = append(all, figure{"join a group: until confirmed", true, []string{contestantTCP, contestantTLS}, s.join(func(j Joins) Counts { return j.Subscribe })})
	all = append(all, figure{"… and until what another server then sent to it is here", true, []string{contestantTCP, contestantTLS}, s.join(func(j Joins) Counts { return j.Answer })})
	return slices.DeleteFunc(all, func(f figure) bool { return !s.match.MatchString(f.name) })
}

// saturatorsOf is how many publishers saturate a server with messages of a size: fewer
// large ones, so that queues do not hold seconds of it.
func saturatorsOf(size int) int {
	if size >= 4<<10 {
		return saturators / 8
	}
	return saturators
}

// join measures how long a new subscription takes, and that it can be relied on.
func (s settings) join(of func(Joins) Counts) func(context.Context, *fleet) (Result, error) {
	return func(ctx context.Context, f *fleet) (Result, error) {
		if !f.answers {
			if _, err := f.ask(ctx, 1, Command{Op: opAnswer}); err != nil {
				return Result{}, err
			}
			f.answers = true
		}
		reply, err := f.ask(ctx, 0, Command{Op: opJoin, Times: int(s.measured / (2 * time.Millisecond))})
		return Result{Latency: of(reply.Joins), Missing: reply.Joins.Lost}, err
	}
}

func bytesOf(n int) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}
