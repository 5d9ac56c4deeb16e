package signalr

import (
	"context"
	"sync"
)

// A limiter runs the invocations of one connection, so many at a time. It has no
// goroutine while none runs, and hands the next one to a goroutine that is done
// with its last.
type limiter struct {
	workers sync.WaitGroup

	mu      sync.Mutex
	free    int
	waiting func(*permit) // nil: none
	taken   chan struct{} // tells the reader that waiting has been taken; nil: none ever waited
}

// A permit lets one invocation run. A nil one is that of what runs without.
type permit struct {
	limiter *limiter
	ended   bool // guarded by limiter.mu
}

// init sets how many invocations run at a time.
func (l *limiter) init(parallel int) { l.free = parallel }

// run starts job, as soon as there is a permit for it. One goroutine calls it.
// It reports false if ctx ends first.
func (l *limiter) run(ctx context.Context, job func(*permit)) bool {
	l.mu.Lock()
	if l.free > 0 {
		l.free--
		l.mu.Unlock()
		l.workers.Go(func() { l.work(job) })
		return true
	}
	l.waiting = job
	if l.taken == nil {
		l.taken = make(chan struct{}, 1)
	}
	taken := l.taken
	l.mu.Unlock()
	select {
	case <-taken:
		return true
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = nil
	return false
}

// work runs job and then what waits, and ends when nothing does, or when the
// permit was released. A job that ends the goroutine has its permit passed on.
func (l *limiter) work(job func(*permit)) {
	growStack8(0)
	var p *permit
	defer func() { p.release() }()
	for job != nil {
		p = &permit{limiter: l}
		job(p)
		l.mu.Lock()
		job = p.end()
		l.mu.Unlock()
	}
}

// release ends the permit while its invocation goes on, so that the next one can
// run. After the invocation, and the second time, it has no effect.
func (p *permit) release() {
	if p == nil {
		return
	}
	l := p.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	if job := p.end(); job != nil {
		// The lock keeps the worker that has this permit from ending first, so
		// wait does not miss the new one.
		l.workers.Go(func() { l.work(job) })
	}
}

// end ends the permit, unless it has ended, and returns what is to run next. The
// caller holds mu.
func (p *permit) end() (job func(*permit)) {
	l := p.limiter
	if p.ended {
		return nil
	}
	p.ended = true
	job, l.waiting = l.waiting, nil
	if job == nil {
		l.free++
	} else {
		l.taken <- struct{}{} // has room: there is one reader, waiting for this
	}
	return job
}

// wait returns when nothing runs any more.
func (l *limiter) wait() { l.workers.Wait() }
