//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

const bystandersName = "bystanders"

// bystanderServers is how many servers there are: two with members of a group, one
// that sends to it, and the others, whom it does not concern.
const bystanderServers = 16

// Bystanders are what a group costs the servers without members.
type Bystanders struct {
	Contestant string
	Rate       float64 // messages a second to the group
	// For each bystander and second, when nothing is published and when it is.
	IdleCPU, LoadCPU   float64 // milliseconds
	IdleWire, LoadWire float64 // bytes written
	Members            float64 // messages a second that arrived at the members
}

// bystanders measures the mesh and Redis with 16 servers.
func (s settings) bystanders(ctx context.Context, stdout io.Writer) (all []Bystanders, err error) {
	fmt.Fprintf(stdout, "%s: a group on 2 of %d servers …\n", bystandersName, bystanderServers)
	for _, c := range []string{contestantMesh, contestantRedis} {
		if !slices.Contains(s.contestants, c) {
			continue
		}
		b, err := s.bystandersOf(ctx, c)
		if err != nil {
			return all, fmt.Errorf("%s, %s: %w", bystandersName, c, err)
		}
		all = append(all, b)
	}
	return all, nil
}

func (s settings) bystandersOf(ctx context.Context, contestant string) (b Bystanders, err error) {
	f, err := startFleet(ctx, contestant, bystanderServers)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	const rate = 5_000
	// Long enough for what servers do now and then to be in both alike.
	t := trial{publishers: []int{2}, subscribers: []int{0, 1}, size: 256, rate: rate, atATime: pacers, measured: 5 * time.Second}
	if s.quick {
		t.measured = 2 * time.Second
	}
	if err := pause(ctx, now()+int64(2*time.Second)); err != nil { // meeting each other is over
		return b, err
	}
	b = Bystanders{Contestant: contestant, Rate: rate}
	idle := func() error {
		cpu, wire, err := f.bystand(func() error { return pause(ctx, now()+int64(t.measured)) })
		b.IdleCPU += cpu / 2
		b.IdleWire += wire / 2
		return err
	}
	// Before and after, since what the servers tell each other anyway wanders.
	if err := idle(); err != nil {
		return b, err
	}
	if b.LoadCPU, b.LoadWire, err = f.bystand(func() error {
		r, err := f.run(ctx, t)
		b.Members = r.PerServer
		return err
	}); err != nil {
		return b, err
	}
	return b, idle()
}

// bystand measures the bystanders while something is done, for each and second.
func (f *fleet) bystand(do func() error) (cpu, wire float64, err error) {
	begun := time.Now()
	before, err := f.usages()
	if err != nil {
		return 0, 0, err
	}
	if err := do(); err != nil {
		return 0, 0, err
	}
	after, err := f.usages()
	if err != nil {
		return 0, 0, err
	}
	var sum Usage
	for i := 3; i < f.size; i++ {
		sum = sum.plus(after[i].minus(before[i]))
	}
	each := float64(f.size-3) * time.Since(begun).Seconds()
	return sum.CPU.Seconds() * 1000 / each, float64(sum.Wrote) / each, nil
}
