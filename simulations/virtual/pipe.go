package virtual

import (
	"time"
)

const (
	// segment is the payload of a full TCP segment in an Ethernet, in bytes, and
	// segmentHeader what Ethernet, IP and TCP add to one.
	segment       = 1448
	segmentHeader = 66
	// batchHeader is what yamux and Noise add to one write.
	batchHeader = 12 + 18
	// pipeBytes is how much may be on its way before a write has to wait: the buffers of
	// both kernels.
	pipeBytes = 4 << 20
	// retransmit is Linux's shortest retransmission timeout.
	retransmit = 200 * time.Millisecond
)

// A pipe is one direction of a connection.
type pipe struct {
	inflight int           // bytes
	last     time.Duration // when the last one arrives: the order is kept
	free     time.Duration // when the connection's own rate lets the next batch go
	sent     time.Duration // when the last one left
	pause    time.Duration // between two, on average of late
	blocked  []*link       // that wait until less is on its way
	stalled  []*parcel     // sent or due in a cut
}

// carry lets a parcel travel, from now.
func (q *pipe) carry(p *parcel) {
	c := p.conn
	w, from, to := c.w, c.ends[p.side].host, c.ends[1-p.side]
	start := max(w.now, from.upFree, q.free)
	sending := time.Duration(float64(p.size) * from.up)
	from.upFree = start + sending
	if c.path.perB > 0 {
		own := time.Duration(float64(p.size) * c.path.perB)
		q.free = start + own
		sending = max(sending, own)
	}
	again := time.Duration(0)
	if c.path.loss > 0 {
		again = w.lossDelay(&c.path, (p.size+segment-1)/segment, q.nextIn(w.now))
	}
	at := start + sending + c.path.base + w.upTo(c.path.jitter+1) + again
	q.last = max(at, q.last)
	p.held = start + sending - w.now + again + q.last - at
	p.set = c.path.base + c.path.jitter/2
	p.left, p.due = w.now, q.last
	w.at(q.last, to, arrive, p)
}

// unblock lets those go on who waited until less was on its way.
func (q *pipe) unblock() {
	if q.inflight >= pipeBytes || len(q.blocked) == 0 {
		return
	}
	blocked := q.blocked
	q.blocked = nil
	for _, l := range blocked {
		if l.blocked = false; !l.seat.life.ended && l.open {
			l.write()
			l.seat.flush()
		}
	}
}

// resume carries what a cut has held up: TCP tries again after pauses that double, so
// it notices the end of the cut only some time later.
func (q *pipe) resume(c *conn, side int) {
	if len(q.stalled) == 0 {
		return
	}
	rto := retransmit + c.path.roundTrip()
	try := q.stalled[0].sent + rto
	for pause := 2 * rto; try < c.w.now; pause *= 2 {
		try += pause
	}
	stalled := q.stalled
	q.stalled = nil
	c.w.at(try, nil, func(w *world, _ any) {
		for _, p := range stalled {
			if c.cut {
				q.stalled = append(q.stalled, p)
				continue
			}
			q.carry(p)
		}
	}, nil)
}
