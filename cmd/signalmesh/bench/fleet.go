//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// A fleet is one contestant: its servers, each in a process of its own unless they
// share memory, and what they need besides.
type fleet struct {
	contestant string
	size       int
	redis      *redis      // nil: it needs none
	nats       *natsServer // nil: it needs none
	flags      []string    // of every process, besides
	processes  []*process
	trials     uint32
	answers    bool // server 1 answers joins
}

// startFleet starts so many servers of a contestant and makes them one. flags are for
// each process.
func startFleet(ctx context.Context, contestant string, size int, flags ...string) (_ *fleet, err error) {
	f := &fleet{contestant: contestant, size: size, flags: flags}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start %s: %w", contestant, err), f.close())
		}
	}()
	switch contestant {
	case contestantRedis:
		f.redis, err = startRedis(ctx)
	case contestantNATS:
		f.nats, err = startNATS()
	}
	if err != nil {
		return nil, err
	}
	each := 1
	if contestant == contestantMemory {
		each = size
	}
	for first := 0; first < size; first += each {
		p, err := f.startProcess(first, each)
		if err != nil {
			return nil, err
		}
		f.processes = append(f.processes, p)
	}
	return f, f.connect(ctx)
}

func (f *fleet) startProcess(first, count int) (*process, error) {
	args := append([]string{"-contestant", f.contestant, "-first", strconv.Itoa(first), "-servers", strconv.Itoa(count)}, f.flags...)
	if f.redis != nil {
		args = append(args, "-broker", f.redis.address)
	}
	if f.nats != nil {
		args = append(args, "-broker", f.nats.address)
	}
	return startProcess(args...)
}

// connect makes the servers one.
func (f *fleet) connect(ctx context.Context) error {
	var addresses []string
	for _, p := range f.processes {
		addresses = append(addresses, p.address)
	}
	return each(f.processes, func(_ int, p *process) error {
		_, err := p.ask(ctx, Command{Op: opConnect, Addresses: addresses, Servers: f.size})
		return err
	})
}

// each does something with all of a slice at once, and waits for all.
func each[T any](all []T, do func(i int, t T) error) error {
	errs := make(chan error, len(all))
	for i, t := range all {
		go func() { errs <- do(i, t) }()
	}
	var err error
	for range all {
		err = errors.Join(err, <-errs)
	}
	return err
}

// ask has server i carry out a command.
func (f *fleet) ask(ctx context.Context, i int, c Command) (Reply, error) {
	if len(f.processes) == 1 {
		c.Server = i
		return f.processes[0].ask(ctx, c)
	}
	return f.processes[i].ask(ctx, c)
}

// all are the numbers of the servers.
func (f *fleet) all() []int {
	all := make([]int, f.size)
	for i := range all {
		all[i] = i
	}
	return all
}

// pids are the processes that the fleet consists of, Redis or NATS last.
func (f *fleet) pids() (pids []int) {
	for _, p := range f.processes {
		pids = append(pids, p.pid())
	}
	if f.redis != nil {
		pids = append(pids, f.redis.cmd.Process.Pid)
	}
	if f.nats != nil {
		pids = append(pids, f.nats.pid())
	}
	return pids
}

// usages measures each of the fleet's processes.
func (f *fleet) usages() (usages []Usage, err error) {
	for _, pid := range f.pids() {
		u, err := usageOf(pid)
		if err != nil {
			return nil, err
		}
		usages = append(usages, u)
	}
	return usages, nil
}

// usage is that of all processes together.
func (f *fleet) usage() (sum Usage, err error) {
	usages, err := f.usages()
	for _, u := range usages {
		sum = sum.plus(u)
	}
	return sum, err
}

func (f *fleet) close() error {
	err := each(f.processes, func(_ int, p *process) error { return p.close() })
	if f.redis != nil && f.redis.cmd != nil && f.redis.cmd.Process != nil {
		f.redis.kill()
	}
	if f.nats != nil {
		err = errors.Join(err, f.nats.close())
	}
	return err
}

// pause waits until a time in nanoseconds.
func pause(ctx context.Context, until int64) error {
	select {
	case <-time.After(time.Until(time.Unix(0, until))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
