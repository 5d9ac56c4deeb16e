package virtual

import (
	"slices"
	"time"
)

// An event is something that happens at a time. It is a function with its argument
// apart, so that most of them need no closure.
type event struct {
	at  time.Duration
	seq uint64 // of those at the same time, the one made first happens first
	do  func(w *world, arg any)
	arg any
	of  *life // who it happens to; nil: the world. A paused one takes it later
}

const (
	// slotTime is how much time one slot of the queue holds, and slots how many there
	// are: what is further away than 4 s waits in a heap.
	slotTime = time.Millisecond
	slots    = 4096
)

// A queue is a calendar: nearly every event is near, so that finding its slot is
// cheaper than keeping all of them in order.
type queue struct {
	ring    [slots][]event
	spare   [][]event // empty ones, with room: those used last are still in the caches
	now     []event   // the events of the present slot, in order
	next    int       // of them
	late    events    // those of the present slot that came when it had begun
	far     events    // those beyond the ring
	slot    int64     // the present one, counted from time 0
	pending int
	seq     uint64
}

func (q *queue) push(e event) {
	q.seq++
	e.seq = q.seq
	q.pending++
	switch slot := int64(e.at / slotTime); {
	case slot <= q.slot:
		q.late.push(e)
	case slot < q.slot+slots:
		q.put(slot, e)
	default:
		q.far.push(e)
	}
}

// put puts an event into a slot of the ring.
func (q *queue) put(slot int64, e event) {
	r := &q.ring[slot%slots]
	if last := len(q.spare) - 1; *r == nil && last >= 0 {
		*r, q.spare = q.spare[last], q.spare[:last]
	}
	*r = append(*r, e)
}

// pop takes the next event; there must be one.
func (q *queue) pop() event {
	for q.next == len(q.now) && len(q.late) == 0 {
		q.advance()
	}
	q.pending--
	if q.next == len(q.now) || len(q.late) > 0 && q.late[0].before(&q.now[q.next]) {
		return q.late.pop()
	}
	q.next++
	return q.now[q.next-1]
}

// coming are some of the events that come next, or soon.
func (q *queue) coming(n int) []event { return q.now[q.next:min(q.next+n, len(q.now))] }

// advance goes to the next slot.
func (q *queue) advance() {
	q.slot++
	q.far.moveTo(q)
	if q.now != nil {
		clear(q.now)
		q.spare = append(q.spare, q.now[:0])
	}
	r := &q.ring[q.slot%slots]
	q.now, q.next, *r = *r, 0, nil
	slices.SortFunc(q.now, compare)
}

// moveTo puts those that have come near into their slots.
func (h *events) moveTo(q *queue) {
	for len(*h) > 0 && int64((*h)[0].at/slotTime) < q.slot+slots {
		e := h.pop()
		q.put(int64(e.at/slotTime), e)
	}
}

func compare(a, b event) int {
	switch {
	case a.before(&b):
		return -1
	case b.before(&a):
		return 1
	}
	return 0
}

func (e *event) before(o *event) bool { return e.at < o.at || e.at == o.at && e.seq < o.seq }

// Events are a heap: it has the earliest event at its root.
type events []event

func (h *events) push(e event) {
	s := append(*h, e)
	i := len(s) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !e.before(&s[up]) {
			break
		}
		s[i] = s[up]
		i = up
	}
	s[i] = e
	*h = s
}

func (h *events) pop() event {
	s := *h
	top, last := s[0], s[len(s)-1]
	s[len(s)-1] = event{}
	s = s[:len(s)-1]
	*h = s
	for i := 0; len(s) > 0; {
		down := 2*i + 1
		if down+1 < len(s) && s[down+1].before(&s[down]) {
			down++
		}
		if down >= len(s) || !s[down].before(&last) {
			s[i] = last
			break
		}
		s[i] = s[down]
		i = down
	}
	return top
}
