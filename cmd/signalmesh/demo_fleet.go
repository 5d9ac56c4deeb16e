package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// demoDrain is how long clients have to go when a server of the demo is stopped.
const demoDrain = 3 * time.Second

// A demoNode is a server of the demo while it runs.
type demoNode interface {
	Shutdown(ctx context.Context) error
}

// A fleet keeps the servers of the demo, each running or not as was last wished.
// It may be used concurrently.
type fleet struct {
	members []*member
	cancel  context.CancelFunc
	working sync.WaitGroup
	once    sync.Once
	errs    []error // of each worker
	err     error
}

// openFleet returns a fleet with a server at each of the places, all starting.
// open makes a server, and makes it anew each time it is started.
func openFleet(places []place, loggers []*slog.Logger, open func(context.Context, *fleet, place) (demoNode, error)) *fleet {
	ctx, cancel := context.WithCancel(context.Background())
	f := &fleet{cancel: cancel, errs: make([]error, len(places))}
	for i, p := range places {
		f.members = append(f.members, &member{
			place: p, log: loggers[i],
			open:    func(ctx context.Context) (demoNode, error) { return open(ctx, f, p) },
			wanted:  true,
			state:   starting,
			changed: make(chan struct{}),
			wake:    make(chan struct{}, 1),
		})
	}
	for i, m := range f.members {
		f.working.Go(func() { f.errs[i] = m.work(ctx) }) // until the fleet closes
	}
	return f
}

// Close stops all servers and waits for them. Every call returns what the first
// one did.
func (f *fleet) Close() error {
	f.once.Do(func() {
		f.cancel()
		f.working.Wait()
		f.err = errors.Join(f.errs...)
	})
	return f.err
}

// member returns the server of that number.
func (f *fleet) member(number int) (*member, error) {
	if number < 1 || number > len(f.members) {
		return nil, fmt.Errorf("there is no server %d; there are 1 to %d", number, len(f.members))
	}
	return f.members[number-1], nil
}

// settle waits until every server is running or stopped, and returns why those
// did not start that should have.
func (f *fleet) settle(ctx context.Context) error {
	var errs []error
	for _, m := range f.members {
		s, err := m.await(ctx, func(s status) bool { return s.state == running || s.state == stopped })
		errs = append(errs, err, s.err)
	}
	return errors.Join(errs...)
}
