package virtual

import (
	"time"

	"github.com/signalmesh/signalmesh/simulations/account"
)

const (
	// lineAhead is how much a line takes before its turn comes: the kernel lets each
	// connection have about a millisecond of data in the queue of the interface (TCP small
	// queues), so that connections share a busy line.
	lineAhead = time.Millisecond
	// chunk is how many bytes of a large write travel as one event. A large message is
	// received while it is still being sent.
	chunk = 8 * (segment + segmentHeader)
)

// A line is the connection of a host to the network, for sending. It carries the parcels in
// sequence.
type line struct {
	perB    float64       // nanoseconds a byte
	free    time.Duration // when all that it has taken has left
	owed    int           // bytes of small packets that leave with the next parcel
	waiting []*pipe       // that have a parcel for it; each has one turn after another
	awake   bool          // serveLine is planned
	meter   account.Meter
}

// take has a line carry some bytes after those before them, and returns when it begins
// and when the last one has left.
func (h *host) take(w *world, bytes int) (start, gone time.Duration) {
	l := &h.up
	start = max(w.now, l.free)
	if l.owed > 0 {
		small := min(l.owed, segment+segmentHeader)
		bytes += small
		l.owed -= small
	}
	gone = start + time.Duration(float64(bytes)*l.perB)
	l.free = gone
	l.meter.Add(start-w.begin, gone-w.begin, w.s.Duration.D())
	w.left(h, bytes, gone)
	return start, gone
}

// takeDown has the line of a receiving host carry some bytes.
func (h *host) takeDown(w *world, bytes int) {
	began := max(h.downFree, w.now)
	h.downFree = began + time.Duration(float64(bytes)*h.down)
	h.downMeter.Add(began-w.begin, h.downFree-w.begin, w.s.Duration.D())
}

// owe has a line carry some bytes together with the next parcels.
func (h *host) owe(bytes int) { h.up.owed += bytes }

// left counts bytes that have left a host at a time.
func (w *world) left(h *host, bytes int, at time.Duration) {
	if at >= w.begin && at <= w.begin+w.s.Duration.D() {
		h.SentBytes += uint64(bytes)
	}
	second := int(at / time.Second)
	for len(w.sent) <= second {
		w.sent = append(w.sent, 0)
	}
	w.sent[second] += uint64(bytes)
}

// full reports whether a pipe has to wait for its turn on the line.
func (l *line) full(now time.Duration) bool { return len(l.waiting) > 0 || l.free-now > lineAhead }

// enqueue has a pipe wait for its turn.
func (h *host) enqueue(w *world, q *pipe) {
	l := &h.up
	l.waiting = append(l.waiting, q)
	h.wake(w)
}

// wake plans the next turn.
func (h *host) wake(w *world) {
	l := &h.up
	if l.awake || len(l.waiting) == 0 {
		return
	}
	l.awake = true
	w.at(l.free-lineAhead/2, nil, serveLine, h)
}

// serveLine gives pipes their turns until the line is busy for a while.
func serveLine(w *world, arg any) {
	h := arg.(*host)
	l := &h.up
	l.awake = false
	for len(l.waiting) > 0 && l.free-w.now <= lineAhead {
		q := l.waiting[0]
		l.waiting = l.waiting[1:]
		if q.state == lined {
			q.state = idle
			q.next(w, true)
		}
	}
	h.wake(w)
}
