package bridge

import "sync"

// A queue is a bounded list between goroutines that put and one that takes.
type queue[T any] struct {
	news chan struct{} // of capacity 1: there is something, or it was closed

	mu     sync.Mutex
	items  []T
	bytes  int
	limit  int
	closed bool
}

// itemCost is what an item counts besides its own bytes.
const itemCost = 64

func newQueue[T any](limit int) *queue[T] {
	return &queue[T]{news: make(chan struct{}, 1), limit: limit}
}

// put appends an item of so many bytes. It reports false if there is no room, or the
// queue is closed.
func (q *queue[T]) put(item T, size int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.bytes+size+itemCost > q.limit && len(q.items) > 0 {
		return false
	}
	q.items = append(q.items, item)
	q.bytes += size + itemCost
	q.wake()
	return true
}

// take takes all there is. It reports false if nothing will ever come any more.
func (q *queue[T]) take() (items []T, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	items, q.items, q.bytes = q.items, nil, 0
	return items, !q.closed
}

// close refuses what is put from now on. What is in may be taken.
func (q *queue[T]) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wake()
}

func (q *queue[T]) wake() {
	select {
	case q.news <- struct{}{}:
	default:
	}
}
