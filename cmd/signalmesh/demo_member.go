package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
)

// What a server of the demo does.
const (
	stopped  = "stopped"
	starting = "starting"
	running  = "running"
	stopping = "stopping"
)

// A status is what is known of a server at one time.
type status struct {
	state string
	err   error // why it could not be started, or did not stop in order
}

// A member is one server of the fleet. Its worker owns the node; all others only
// say whether it should run. It may be used concurrently.
type member struct {
	place
	log  *slog.Logger
	open func(context.Context) (demoNode, error)
	wake chan struct{} // holds something if wanted may have changed

	mu      sync.Mutex // guards what follows
	wanted  bool
	state   string
	err     error
	changed chan struct{} // closed, and replaced, when the status changes
}

// want says whether the server should run. The status tells at once; the server
// follows when the returned function is called.
func (m *member) want(run bool) (begin func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.wantLocked(run)
}

// toggle wants the opposite of what was wanted.
func (m *member) toggle() {
	m.mu.Lock()
	begin := m.wantLocked(!m.wanted)
	m.mu.Unlock()
	begin()
}

func (m *member) wantLocked(run bool) (begin func()) {
	m.wanted = run
	switch {
	case run && m.state == stopped:
		m.becomeLocked(starting, nil)
	case !run && m.state == running:
		m.becomeLocked(stopping, nil)
	}
	return func() {
		select {
		case m.wake <- struct{}{}:
		default: // the worker has not yet looked since the last time
		}
	}
}

func (m *member) become(state string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.becomeLocked(state, err)
}

func (m *member) becomeLocked(state string, err error) {
	m.state, m.err = state, err
	close(m.changed)
	m.changed = make(chan struct{})
}

func (m *member) wants() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.wanted
}

func (m *member) status() status {
	s, _ := m.look()
	return s
}

func (m *member) look() (status, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return status{m.state, m.err}, m.changed
}

// await waits for a status that is right. The error is that of ctx.
func (m *member) await(ctx context.Context, right func(status) bool) (status, error) {
	for {
		s, changed := m.look()
		if right(s) {
			return s, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return s, ctx.Err()
		}
	}
}

// work makes the server be as it is wanted, until ctx ends, and then stops it.
func (m *member) work(ctx context.Context) error {
	var n demoNode
	for ctx.Err() == nil {
		switch wanted := m.wants(); {
		case wanted && n == nil:
			n = m.start(ctx)
		case !wanted && n != nil:
			m.stop(n)
			n = nil
		case wanted:
			m.rest(ctx, running)
		default:
			m.rest(ctx, stopped)
		}
	}
	if n == nil {
		return nil
	}
	return m.stop(n)
}

// rest waits for another wish. What was announced and taken back did not happen.
func (m *member) rest(ctx context.Context, state string) {
	m.mu.Lock()
	if m.state != state && m.wanted == (state == running) {
		m.becomeLocked(state, m.err)
	}
	m.mu.Unlock()
	select {
	case <-m.wake:
	case <-ctx.Done():
	}
}

// start returns the server, or nil if it cannot be started; it is not tried again
// until it is wanted again.
func (m *member) start(ctx context.Context) demoNode {
	m.become(starting, nil)
	n, err := m.open(ctx)
	if err == nil {
		m.become(running, nil)
		m.log.Info("running", "url", m.url())
		return n
	}
	if ctx.Err() == nil {
		m.log.Error("cannot start", "err", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wanted = false
	m.becomeLocked(stopped, err)
	return nil
}

// stop stops the server. That some clients did not go in time is no error.
func (m *member) stop(n demoNode) error {
	m.become(stopping, nil)
	m.log.Info("stopping")
	ctx, cancel := context.WithTimeout(context.Background(), demoDrain)
	defer cancel()
	err := n.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	m.become(stopped, err)
	m.log.Info("stopped")
	return err
}
