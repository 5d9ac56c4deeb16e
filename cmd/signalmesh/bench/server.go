//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalmesh/signalmesh/signalr"
)

const (
	maxServers = 32
	// askChannel is where a server asks another to publish to a channel it names.
	askChannel = "bench:ask"
	// patience bounds one Publish or Subscribe.
	patience = 10 * time.Second
)

// A plane is a backplane under test.
type plane interface {
	signalr.Backplane
	Close() error
}

// A server publishes and counts what arrives, in trials.
type server struct {
	index int
	plane plane
	tally atomic.Pointer[tally]

	asked    chan string // channels to publish to
	answered chan string // channels on which an answer came
}

// A tally is what arrives at a server in one trial.
type tally struct {
	trial    uint32
	from, to int64 // of the window that is measured

	latency  histogram     // of what was due in the window
	window   atomic.Uint64 // what arrived in the window
	last     atomic.Int64  // when something did, lately
	received [maxServers]atomic.Uint64
	gaps     atomic.Uint64 // times that the plane said that something is lost
	lost     atomic.Uint64 // how much
}

func newServer(index int, p plane) (*server, error) {
	s := &server{index: index, plane: p, asked: make(chan string, 64), answered: make(chan string, 64)}
	s.tally.Store(new(tally))
	_, err := p.Attach(s)
	return s, err
}

// Receive implements signalr.Receiver.
func (s *server) Receive(_, channel string, data []byte) {
	if channel == askChannel {
		s.asked <- string(data)
		return
	}
	t := s.tally.Load()
	trial, sender, due, ok := header(data)
	if !ok {
		select {
		case s.answered <- channel:
		default: // nobody waits for it any more
		}
		return
	}
	if trial != t.trial || sender >= maxServers {
		return
	}
	arrived := now()
	t.received[sender].Add(1)
	if arrived >= t.from && arrived < t.to {
		t.window.Add(1)
		t.last.Store(arrived)
	}
	if due >= t.from && due < t.to {
		t.latency.add(time.Duration(arrived - due))
	}
}

// Left implements signalr.Receiver.
func (s *server) Left(string) {}

// Gap implements signalr.Receiver.
func (s *server) Gap(_ string, lost uint64) {
	t := s.tally.Load()
	t.gaps.Add(1)
	t.lost.Add(lost)
}

// A Load is what a server publishes in a trial. Times are in nanoseconds.
type Load struct {
	Trial      uint32
	Channel    string
	Size       int
	Publishers int     // at a time
	Rate       float64 // messages a second; zero: as fast as it can
	Phase      float64
	Begin, End int64
	From, To   int64 // the window that is measured
}

// A Sent is what a server published.
type Sent struct {
	Accepted int // in all
	Refused  int // publishing failed, and the publisher was told
	Error    string
}

// prepare begins a trial: from now on its messages are counted.
func (s *server) prepare(l Load, subscribe bool) error {
	s.tally.Store(&tally{trial: l.Trial, from: l.From, to: l.To})
	if !subscribe {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return s.plane.Subscribe(ctx, l.Channel)
}

// publish publishes a load and returns when all of it has been accepted or refused.
func (s *server) publish(l Load) (sent Sent) {
	ctx, cancel := context.WithDeadline(context.Background(), time.Unix(0, l.End).Add(patience))
	defer cancel()
	var publishing, pacing sync.WaitGroup
	next := func() (int64, bool) { // as fast as it can
		t := now()
		return t, t < l.End
	}
	if l.Rate > 0 {
		plan := schedule{l.Begin, l.End, float64(time.Second) / l.Rate, l.Phase}
		due := make(chan int64, plan.room())
		pacing.Go(func() { pace(ctx, plan, due) })
		next = func() (int64, bool) {
			t, ok := <-due
			return t, ok
		}
	} else {
		time.Sleep(time.Until(time.Unix(0, l.Begin)))
	}
	var mu sync.Mutex // guards sent
	for range l.Publishers {
		publishing.Go(func() {
			mine := s.publishOne(ctx, l, next)
			mu.Lock()
			defer mu.Unlock()
			sent.Accepted += mine.Accepted
			sent.Refused += mine.Refused
			sent.Error = mine.Error
		})
	}
	publishing.Wait()
	pacing.Wait()
	return sent
}

// publishOne is one of the publishers that work at a time.
func (s *server) publishOne(ctx context.Context, l Load, next func() (int64, bool)) (sent Sent) {
	for due, ok := next(); ok; due, ok = next() {
		if _, err := s.plane.Publish(ctx, l.Channel, newPayload(l.Size, l.Trial, s.index, due)); err != nil {
			sent.Refused++
			sent.Error = err.Error()
			continue
		}
		sent.Accepted++
	}
	return sent
}

// answer publishes where it is asked to, until ctx ends.
func (s *server) answer(ctx context.Context) {
	for {
		select {
		case channel := <-s.asked:
			_, _ = s.plane.Publish(ctx, channel, []byte("here")) // who asked notices
		case <-ctx.Done():
			return
		}
	}
}

// Joins are the figures of joining a group and sending to it at once.
type Joins struct {
	Subscribe Counts // until Subscribe returned
	Answer    Counts // until what another server published then was here
	Lost      int
}

// join subscribes to a new channel, asks another server to publish to it, and waits
// for that, so many times.
func (s *server) join(times int) (Joins, error) {
	var subscribe, answer histogram
	var lost int
	for k := range times {
		channel := fmt.Sprintf("join %d %d", s.index, k)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		begin := time.Now()
		err := s.plane.Subscribe(ctx, channel)
		subscribe.add(time.Since(begin))
		if err == nil {
			_, err = s.plane.Publish(ctx, askChannel, []byte(channel))
		}
		if err != nil {
			cancel()
			return Joins{}, errors.Join(fmt.Errorf("join %d", k), err)
		}
		if s.awaitAnswer(channel) {
			answer.add(time.Since(begin))
		} else {
			lost++
		}
		cancel()
		s.plane.Unsubscribe(channel)
	}
	return Joins{subscribe.counts(), answer.counts(), lost}, nil
}

// awaitAnswer waits for what comes on channel. Two seconds without it are a loss.
func (s *server) awaitAnswer(channel string) bool {
	late := time.After(2 * time.Second)
	for {
		select {
		case got := <-s.answered:
			if got == channel {
				return true
			}
		case <-late:
			return false
		}
	}
}
