package signalr

import (
	"context"
	"sync"
)

// A limiter runs the invocations of one connection, so many at a time. It has no
// goroutine while none runs, and hands the next one to a goroutine that is done
// with its last.
type limiter struct {
	taken   chan struct{} // tells the reader that waiting has been taken
	workers sync.WaitGroup

	mu      sync.Mutex
	free    int
	waiting func() // nil: none
}

// init sets how many invocations run at a time.
func (l *limiter) init(parallel int) {
	l.free = parallel
	l.taken = make(chan struct{}, 1)
}

// run starts job, as soon as there is a permit for it. One goroutine calls it.
// It reports false if ctx ends first.
func (l *limiter) run(ctx context.Context, job func()) bool {
	l.mu.Lock()
	if l.free > 0 {
		l.free--
		l.mu.Unlock()
		l.workers.Go(func() { l.work(job) })
		return true
	}
	l.waiting = job
	l.mu.Unlock()
	select {
	case <-l.taken:
		return true
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = nil
	return false
}

// work runs job and then what waits, and ends when nothing does.
func (l *limiter) work(job func()) {
	for job != nil {
		job()
		l.mu.Lock()
		job, l.waiting = l.waiting, nil
		if job == nil {
			l.free++
		} else {
			l.taken <- struct{}{} // has room: there is one reader, waiting for this
		}
		l.mu.Unlock()
	}
}

// wait returns when nothing runs any more.
func (l *limiter) wait() { l.workers.Wait() }
