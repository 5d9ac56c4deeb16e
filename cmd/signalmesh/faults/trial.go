//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// recoverLimit is how long a fleet may take to recover from a fault, unless its
// scenario says otherwise.
const recoverLimit = 30 * time.Second

// A scenario is one fault.
type scenario struct {
	name string
	// story says what happens, for people.
	story string
	// run makes the fault and ends it.
	run func(context.Context, *trial) error
	// check looks at what else must be so when traffic flows again. Nil means nothing.
	check func(context.Context, *trial) error
	// limit is how long it may take until traffic flows again everywhere.
	limit time.Duration
	// loses says that messages may be lost, since they were away for longer than
	// the window; each must be reported.
	loses bool
	// flags are those of nodes that this scenario needs. If there are any, it has a
	// fleet of its own.
	flags []string
	// soak says that it is short enough to be drawn in the soak.
	soak bool
}

// A trial is one run of a scenario.
type trial struct {
	*fleet
	rand *rand.Rand
	note string // of what was done, for people
}

// An Outcome is a row of the table.
type Outcome struct {
	Scenario string
	Result
	Recovery time.Duration // from the end of the fault until traffic flowed again
	Note     string
	Err      error // why it failed; nil if it did not
}

// aside is the note in brackets, if there is one.
func (o Outcome) aside() string {
	if o.Note == "" {
		return ""
	}
	return " (" + o.Note + ")"
}

// try runs a scenario under load, and takes stock before and after it.
func try(ctx context.Context, s scenario, f *fleet, r *report, rand *rand.Rand) (o Outcome) {
	o.Scenario = s.name
	f.settle(ctx)
	before, err := r.balance(ctx, f)
	if err != nil {
		o.Err = err
		return o
	}
	f.paused.Store(false)
	t := &trial{fleet: f, rand: rand}
	if o.Err = s.run(ctx, t); o.Err != nil {
		o.Note = t.note
		return o
	}
	o.Note = t.note
	o.Recovery, o.Err = f.recovered(ctx, s.limit)
	if s.check != nil {
		o.Err = errors.Join(o.Err, s.check(ctx, t))
	}
	f.settle(ctx)
	after, err := r.balance(ctx, f)
	if o.Err = errors.Join(o.Err, err); err != nil {
		return o
	}
	o.Result = after.since(before)
	o.Err = errors.Join(o.Err, o.judge(s), f.ledger.broken())
	if o.Err != nil && o.Missing > 0 {
		o.Note += "\n" + f.ledger.lacking()
	}
	return o
}

// judge says which promise was broken, if one was.
func (o *Outcome) judge(s scenario) error {
	var errs []error
	complain := func(n int, what string) {
		if n > 0 {
			errs = append(errs, fmt.Errorf("%d messages %s", n, what))
		}
	}
	complain(o.Unaccounted, "neither arrived nor were reported lost")
	complain(o.Duplicates, "arrived twice")
	complain(o.Disordered, "arrived out of order")
	if !s.loses {
		complain(o.Missing-o.Unaccounted, "were lost, though reported")
	}
	return errors.Join(errs...)
}

// hold lets a fault last.
func (t *trial) hold(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// some draws n servers.
func (t *trial) some(n int) []*server {
	var drawn []*server
	for _, i := range t.rand.Perm(len(t.servers))[:n] {
		drawn = append(drawn, t.servers[i])
	}
	return drawn
}

// say notes what is done, for the table.
func (t *trial) say(format string, args ...any) {
	if t.note != "" {
		t.note += "; "
	}
	t.note += fmt.Sprintf(format, args...)
}

// degraded waits until a server says that something is wrong with the mesh.
func (t *trial) degraded(ctx context.Context, s *server) error {
	return await(ctx, settleLimit, s.String()+" to call the mesh degraded", func() bool {
		status, err := s.process.status(ctx)
		return err == nil && status.Health == "degraded"
	})
}
