//go:build linux

package main

import (
	"context"
	"fmt"
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
	CPU       time.Duration // for each message, of all processes
	Wire      float64       // bytes written for each message, by all processes
	Messages  int           // published in the window
	Refused   int
	Missing   int     // accepted and not delivered within the time
	Others    float64 // cores that other programs of the machine used meanwhile
}

// run runs a trial.
func (f *fleet) run(ctx context.Context, t trial) (r Result, err error) {
	f.trials++
	begin := now() + int64(200*time.Millisecond)
	from := begin + int64(t.warm)
	l := Load{
		Trial: f.trials, Channel: fmt.Sprintf("trial %d", f.trials), Size: t.size, Publishers: t.atATime,
		Begin: begin, From: from, To: from + int64(t.measured), End: from + int64(t.measured),
	}
	if t.rate > 0 {
		l.Rate = t.rate / float64(len(t.publishers))
	}
	if err := each(f.all(), func(_, i int) error {
		_, err := f.ask(ctx, i, Command{Op: opPrepare, Load: l, Subscribe: slices.Contains(t.subscribers, i)})
		return err
	}); err != nil {
		return r, err
	}
	sent := make([]Sent, f.size)
	var measuring sync.WaitGroup
	var measureErr error
	measuring.Go(func() { measureErr = f.measure(ctx, l, &r) })
	if t.profile != "" {
		measuring.Go(func() { _, _ = f.ask(ctx, 0, Command{Op: opProfile, Load: l, Path: t.profile}) })
	}
	err = each(t.publishers, func(k, i int) error {
		mine := l
		mine.Phase = float64(k) / float64(len(t.publishers))
		reply, err := f.ask(ctx, i, Command{Op: opPublish, Load: mine})
		sent[i] = reply.Sent
		return err
	})
	measuring.Wait()
	if err != nil {
		return r, err
	}
	if measureErr != nil {
		return r, measureErr
	}
	return r, f.reckon(ctx, t, l, sent, &r)
}

// measure takes what the processes used in the window; CPU and Wire are sums yet.
func (f *fleet) measure(ctx context.Context, l Load, r *Result) error {
	if err := pause(ctx, l.From); err != nil {
		return err
	}
	begun := time.Now()
	busyBefore, err := machineBusy()
	if err != nil {
		return err
	}
	before, err := f.usage()
	if err != nil {
		return err
	}
	if err := pause(ctx, l.To); err != nil {
		return err
	}
	after, err := f.usage()
	if err != nil {
		return err
	}
	busyAfter, err := machineBusy()
	used := after.minus(before)
	r.CPU, r.Wire = used.CPU, float64(used.Wrote)
	r.Others = max(0, (busyAfter-busyBefore-used.CPU).Seconds()/time.Since(begun).Seconds())
	return err
}

// reckon waits until all has arrived, and adds up.
func (f *fleet) reckon(ctx context.Context, t trial, l Load, sent []Sent, r *Result) error {
	missing, err := f.awaitArrival(ctx, t, sent)
	if err != nil {
		return err
	}
	r.Missing, r.Latency = missing, Counts{}
	var window uint64
	for _, i := range f.all() {
		reply, err := f.ask(ctx, i, Command{Op: opFinish, Load: l})
		if err != nil {
			return err
		}
		window += reply.Arrived.Window
		r.Latency.merge(reply.Arrived.Latency)
		r.Messages += sent[i].Window
		r.Refused += sent[i].Refused
	}
	ways := 0 // a message of each publisher goes to how many subscribers
	for _, i := range t.publishers {
		ways += receivers(t, i)
	}
	if r.Messages == 0 { // so starved or so slow that nothing happened
		r.CPU, r.Wire = 0, 0
		return nil
	}
	r.PerServer = float64(window) / float64(ways) / t.measured.Seconds()
	r.CPU /= time.Duration(r.Messages)
	r.Wire /= float64(r.Messages)
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

// awaitArrival waits until all that was accepted has arrived, or nothing has for two
// seconds, and returns how much is missing.
func (f *fleet) awaitArrival(ctx context.Context, t trial, sent []Sent) (missing int, err error) {
	least, progress := -1, time.Now()
	for {
		if missing, err = f.missing(ctx, t, sent); missing <= 0 || err != nil {
			return missing, err
		}
		if missing < least || least < 0 {
			least, progress = missing, time.Now()
		}
		if time.Since(progress) > 2*time.Second {
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
