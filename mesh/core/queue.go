package core

// A queue grows at its end and shrinks at its beginning. It uses the room of what
// went, so that a steady flow allocates nothing. Its zero value is empty.
type queue[T any] struct {
	all  []T // the first gone are zero
	gone int
}

// items are what is in the queue, in order, until the next push.
func (q *queue[T]) items() []T { return q.all[q.gone:] }

func (q *queue[T]) len() int { return len(q.all) - q.gone }

func (q *queue[T]) push(v T) {
	// Moving costs less than what went, so it is paid for.
	if len(q.all) == cap(q.all) && q.gone > len(q.all)/2 {
		n := copy(q.all, q.items())
		clear(q.all[n:])
		q.all, q.gone = q.all[:n], 0
	}
	q.all = append(q.all, v)
}

// drop lets go of the first n.
func (q *queue[T]) drop(n int) {
	clear(q.items()[:n]) // what they refer to goes with them
	q.gone += n
	if q.len() > 0 {
		return
	}
	q.all, q.gone = q.all[:0], 0
	if cap(q.all) > keptRoom {
		q.all = nil // a burst is over
	}
}

// keptRoom is the most items that an empty queue keeps room for.
const keptRoom = 4096
