//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
)

// A trial is a load on a fleet, once.
type trial struct {
	publishers  []int // servers that publish
	subscribers []int // servers that are subscribed to the channel
	size        int
	rate        float64 // messages a second of all servers together; zero: as fast as they can
	atATime     int     // publishers in each server
	warm        time.Duration
	measured    time.Duration
	profile     string // where the first server's profiles go; empty: nowhere
}

// A Result is what came out of a trial.
type Result struct {
	PerServer float64       // messages a second and publishing server that arrived at every subscriber, on average
	Latency   Counts        // from when a message was due until it was delivered
	CPU       time.Duration // for each message that arrived, of all processes
	Wire      float64       // bytes written for each message that arrived, by all processes
	Refused   int
	Missing   int     // accepted and not delivered within the time
	Others    float64 // cores that other programs of the machine used meanwhile
}

// run runs a trial. One without a rate is warmed up by another like it, since all
// that it publishes counts, until it has arrived: so nobody gains by accepting more
// than he delivers.
func (f *fleet) run(ctx context.Context, t trial) (r Result, err error) {
	if t.rate == 0 && t.warm > 0 {
		warming := t
		warming.warm, warming.measured, warming.profile = 0, t.warm, ""
		if r, err = f.run(ctx, warming); err != nil {
			return r, err
		}
		t.warm = 0
	}
	l := f.load(t)
	if err := each(f.all(), func(_, i int) error {
		_, err := f.ask(ctx, i, Command{Op: opPrepare, Load: l, Subscribe: slices.Contains(t.subscribers, i)})
		return err
	}); err != nil {
		return r, err
	}
	var measuring sync.WaitGroup
	var used [2]sample
	var measureErr error
	measuring.Go(func() { used, measureErr = f.measure(ctx, t, l) })
	if t.profile != "" {
		measuring.Go(func() { _, _ = f.ask(ctx, 0, Command{Op: opProfile, Load: l, Path: t.profile}) })
	}
	sent, err := f.publish(ctx, t, l)
	measuring.Wait()
	if err = errors.Join(err, measureErr); err != nil {
		return r, err
	}
	if r.Missing, err = f.awaitArrival(ctx, t, sent, 2*time.Second); err != nil {
		return r, err
	}
	if t.rate == 0 {
		if used[1], err = f.sample(); err != nil {
			return r, err
		}
	}
	return r, f.reckon(ctx, t, l, sent, used, &r)
}

// load is what a trial has every publisher do, but for its phase.
func (f *fleet) load(t trial) Load {
	f.trials++
	begin := now() + int64(200*time.Millisecond)
	from := begin + int64(t.warm)
	l := Load{
		Trial: f.trials, Channel: fmt.Sprintf("trial %d", f.trials), Size: t.size, Publishers: t.atATime,
		Begin: begin, From: from, To: from + int64(t.measured), End: from + int64(t.measured),
	}
	if t.rate > 0 {
		l.Rate = t.rate / float64(len(t.publishers))
	} else {
		l.To = math.MaxInt64
	}
	return l
}

// publish has the publishers publish, and returns what each server sent.
func (f *fleet) publish(ctx context.Context, t trial, l Load) ([]Sent, error) {
	sent := make([]Sent, f.size)
	return sent, each(t.publishers, func(k, i int) error {
		mine := l
		mine.Phase = float64(k) / float64(len(t.publishers))
		reply, err := f.ask(ctx, i, Command{Op: opPublish, Load: mine})
		sent[i] = reply.Sent
		return err
	})
}

// A sample is what the fleet and the machine had used at a time.
type sample struct {
	at    time.Time
	fleet Usage
	busy  time.Duration
}

func (f *fleet) sample() (s sample, err error) {
	s.at = time.Now()
	if s.busy, err = machineBusy(); err != nil {
		return s, err
	}
	s.fleet, err = f.usage()
	return s, err
}

// measure takes samples at the beginning and, if there is a rate, at the end of the
// window.
func (f *fleet) measure(ctx context.Context, t trial, l Load) (used [2]sample, err error) {
	for i, at := range []int64{l.From, l.To} {
		if i == 1 && t.rate == 0 {
			break
		}
		if err := pause(ctx, at); err != nil {
			return used, err
		}
		if used[i], err = f.sample(); err != nil {
			return used, err
		}
	}
	return used, nil
}

// reckon adds up, when all has arrived.
func (f *fleet) reckon(ctx context.Context, t trial, l Load, sent []Sent, used [2]sample, r *Result) error {
	r.Latency = Counts{}
	var arrived uint64
	last := l.From + int64(t.measured)
	for _, i := range f.all() {
		reply, err := f.ask(ctx, i, Command{Op: opFinish, Load: l})
		if err != nil {
			return err
		}
		arrived += reply.Arrived.Window
		if t.rate == 0 {
			last = max(last, reply.Arrived.Last)
		}
		r.Latency.merge(reply.Arrived.Latency)
		r.Refused += sent[i].Refused
	}
	ways := 0 // a message of each publisher goes to how many subscribers
	for _, i := range t.publishers {
		ways += receivers(t, i)
	}
	r.PerServer = float64(arrived) / float64(ways) / time.Duration(last-l.From).Seconds()
	fleet := used[1].fleet.minus(used[0].fleet)
	r.Others = max(0, (used[1].busy-used[0].busy-fleet.CPU).Seconds()/used[1].at.Sub(used[0].at).Seconds())
	if messages := float64(arrived) / float64(ways) * float64(len(t.publishers)); messages > 0 {
		r.CPU = time.Duration(float64(fleet.CPU) / messages)
		r.Wire = float64(fleet.Wrote) / messages
	}
	return nil
}

// receivers is how many servers get what server i publishes.
func receivers(t trial, i int) int {
	n := len(t.subscribers)
	if slices.Contains(t.subscribers, i) {
		n--
	}
	return n
}

// awaitArrival waits until all that was accepted has arrived, or nothing has for so
// long, and returns how much is missing.
func (f *fleet) awaitArrival(ctx context.Context, t trial, sent []Sent, quiet time.Duration) (missing int, err error) {
	least, progress := -1, time.Now()
	for {
		if missing, err = f.missing(ctx, t, sent); missing <= 0 || err != nil {
			return missing, err
		}
		if missing < least || least < 0 {
			least, progress = missing, time.Now()
		}
		if time.Since(progress) > quiet {
			return missing, nil
		}
		if err := pause(ctx, now()+int64(10*time.Millisecond)); err != nil {
			return missing, err
		}
	}
}

func (f *fleet) missing(ctx context.Context, t trial, sent []Sent) (missing int, err error) {
	for _, j := range t.subscribers {
		reply, err := f.ask(ctx, j, Command{Op: opCount})
		if err != nil {
			return 0, err
		}
		for _, i := range t.publishers {
			if i != j {
				missing += sent[i].Accepted - int(reply.Arrived.BySender[i])
			}
		}
	}
	return missing, nil
}
