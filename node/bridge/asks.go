package bridge

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// asks are questions to the node that bridges that wait for their answers.
type asks struct {
	patience time.Duration
	// silent: the last one waited for was not answered. Until an answer comes nobody
	// waits any more.
	silent atomic.Bool

	mu      sync.Mutex
	last    uint64
	pending map[uint64]*ask
}

// An ask is one question.
type ask struct {
	id     uint64
	asks   *asks
	answer chan answer // of capacity 1
}

func newAsks(patience time.Duration) *asks {
	return &asks{patience: patience, pending: map[uint64]*ask{}}
}

// open begins a question.
func (a *asks) open() *ask {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	q := &ask{id: a.last, asks: a, answer: make(chan answer, 1)}
	a.pending[q.id] = q
	return q
}

// take ends a question, and returns nil if it has ended.
func (a *asks) take(id uint64) *ask {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := a.pending[id]
	delete(a.pending, id)
	return q
}

// settle gives an answer.
func (a *asks) settle(ans answer) {
	a.silent.Store(false)
	if q := a.take(ans.id); q != nil {
		q.answer <- ans
	}
}

// abandon ends all questions: nobody is there any more to answer.
func (a *asks) abandon() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, q := range a.pending {
		delete(a.pending, id)
		close(q.answer)
	}
}

// wait waits for the answer, within bounds. It reports false if there is none.
func (q *ask) wait(ctx context.Context) (answer, bool) {
	select {
	case a, ok := <-q.answer:
		return a, ok
	default:
	}
	patience := q.asks.patience
	if q.asks.silent.Load() {
		patience = 0
	}
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case a, ok := <-q.answer:
		return a, ok
	case <-ctx.Done():
	case <-timeout.C:
		q.asks.silent.Store(true)
	}
	q.asks.take(q.id)
	return answer{}, false
}
