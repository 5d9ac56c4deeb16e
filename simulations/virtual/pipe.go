package virtual

import (
	"time"

	"github.com/signalmesh/signalmesh/simulations/account"
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
	// retransmit is Linux's shortest retransmission timeout, and retries how often it sends
	// a segment again (tcp_retries2).
	retransmit = 200 * time.Millisecond
	retries    = 15
	// ackDelay is how long an acknowledgement waits for data to travel with.
	ackDelay = 40 * time.Millisecond
)

// A pipeState is the reason for which the first parcel of a pipe waits.
type pipeState uint8

const (
	idle  pipeState = iota // nothing: the queue is empty
	paced                  // until the bandwidth of the connection allows it
	lined                  // for its turn on the line of the host
	stuck                  // until TCP sends again what a cut has swallowed
)

// A pipe is one direction of a connection. It keeps the order: nothing overtakes.
type pipe struct {
	conn     *conn
	state    pipeState
	inflight int           // bytes written and not received
	last     time.Duration // when the last one arrives
	free     time.Duration // when the connection's own rate lets the next chunk go
	sent     time.Duration // when the last one left
	pause    time.Duration // between two, on average of late
	queue    []*parcel     // not sent yet
	lost     []*parcel     // sent, and swallowed by a cut
	since    time.Duration // when the first byte was sent that is not acknowledged, in a cut; 0: none was
	blocked  []*link       // that wait until less is on its way

	owed   int           // segments received here, and not acknowledged
	owedAt time.Duration // when the first of them came
	meter  account.Meter // of the connection's own bandwidth
}

// side is the index of the pipe in its connection.
func (q *pipe) side() int {
	if q == &q.conn.pipes[0] {
		return 0
	}
	return 1
}

// push sends a parcel, after those before it. A parcel larger than a chunk is sent
// in several.
func (q *pipe) push(w *world, p *parcel) {
	q.inflight += p.size
	for p.size > chunk {
		part := w.parcel()
		part.conn, part.side, part.size, part.sent = p.conn, p.side, chunk, p.sent
		p.size -= chunk
		q.queue = append(q.queue, part)
	}
	if q.state == idle && len(q.queue) == 0 && q.ready(w, false) {
		q.carry(w, p)
		return
	}
	q.queue = append(q.queue, p)
	if q.state == idle {
		q.next(w, false)
	}
}

// ready reports whether a parcel can leave now, and sets the state if not.
// turn: it is the pipe's turn on the line.
func (q *pipe) ready(w *world, turn bool) bool {
	c, side := q.conn, q.side()
	from := c.ends[side].host
	switch {
	case c.dead[side], c.cut && q.since > 0 && w.now-q.since > c.timeout():
		q.state = stuck
		if q.since == 0 {
			q.since = w.now
		}
		return false
	case q.free > w.now:
		q.state = paced
		w.at(q.free, nil, pace, q)
		return false
	case !turn && from.up.full(w.now):
		q.state = lined
		from.enqueue(w, q)
		return false
	}
	if c.cut && q.since == 0 { // it passes, but its acknowledgement does not
		q.since = w.now
	}
	return true
}

// pace resumes a pipe when the bandwidth of the connection allows it.
func pace(w *world, arg any) {
	if q := arg.(*pipe); q.state == paced {
		q.state = idle
		q.next(w, false)
	}
}

// next sends the first parcel of the queue and has the others wait.
func (q *pipe) next(w *world, turn bool) {
	if len(q.queue) == 0 || !q.ready(w, turn) {
		return
	}
	p := q.queue[0]
	q.queue[0] = nil
	q.queue = q.queue[1:]
	if len(q.queue) == 0 {
		q.queue = nil
	}
	q.carry(w, p)
	if len(q.queue) > 0 {
		q.await(w)
	}
}

// await has the rest of the queue wait for its turn, behind other connections.
func (q *pipe) await(w *world) {
	if q.free > w.now {
		q.state = paced
		w.at(q.free, nil, pace, q)
		return
	}
	q.state = lined
	q.conn.ends[q.side()].host.enqueue(w, q)
}

// carry lets a parcel travel, from now.
func (q *pipe) carry(w *world, p *parcel) {
	c := p.conn
	from, to := c.ends[p.side], c.ends[1-p.side]
	path := &c.paths[p.side]
	c.pipes[1-p.side].settle(w, w.now) // acknowledgements travel with data
	start, gone := from.host.take(w, p.size)
	w.traffic(from.host, to.host, p.size)
	first := min(p.size, segment+segmentHeader)
	p.took = gone - start - time.Duration(float64(first)*from.host.up.perB)
	if path.perB > 0 {
		own := time.Duration(float64(p.size) * path.perB)
		q.free = max(q.free, start) + own
		if path.limit > 0 {
			q.meter.Add(q.free-own-w.begin, q.free-w.begin, w.s.Duration.D())
		}
		if q.free > gone {
			gone = q.free
			p.took = own - time.Duration(float64(first)*path.perB)
		}
	}
	again := time.Duration(0)
	if path.loss > 0 {
		again = w.lossDelay(from.host, path, p.size, q.nextIn(w.now, p))
		if patience := keepAlive(w); again > patience { // nothing passes for too long
			w.after(patience, nil, giveUp, c)
		}
	}
	at := gone + path.base + w.upTo(path.jitter+1) + again
	q.last = max(at, q.last)
	p.held = gone - w.now + again + q.last - at
	p.set = path.base + path.jitter/2
	p.left, p.due = w.now, q.last
	w.at(q.last, to, arrive, p)
}

// giveUp ends a connection on which a segment was lost again and again.
func giveUp(_ *world, arg any) {
	if c := arg.(*conn); c.open[0] || c.open[1] {
		c.breakDown()
	}
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

// resume plans the retransmission that finds the path whole again. TCP sends the first
// segment that is not acknowledged again after the retransmission timeout, and after
// twice as long each further time (RFC 6298, section 5); until one of these gets
// through, it sends nothing new. So it notices the end of a cut only some time later.
func (q *pipe) resume(w *world) {
	if q.since == 0 {
		return
	}
	pause := q.conn.timeout()
	try := q.since + pause
	for range retries {
		if try >= w.now {
			break
		}
		pause *= 2
		try += pause
	}
	w.at(try, nil, resend, q)
}

// resend sends what a cut has held up, unless there is another one.
func resend(w *world, arg any) {
	q := arg.(*pipe)
	c := q.conn
	if c.cut || q.since == 0 {
		return
	}
	q.since = 0
	q.queue = append(q.lost, q.queue...)
	q.lost = nil
	if q.state == stuck {
		q.state = idle
	}
	if c.flows() {
		w.touchTopics()
	}
	if q.state == idle {
		q.next(w, false)
	}
}

// acknowledge counts TCP's acknowledgements of a parcel that came through the pipe: a
// packet for every second segment, and one for a last segment if no data has gone the
// other way for ackDelay (RFC 5681, section 4.2).
func (q *pipe) acknowledge(w *world, size int) {
	q.settle(w, w.now-ackDelay)
	if q.owed == 0 {
		q.owedAt = w.now
	}
	q.owed += (size + segment - 1) / segment
	if q.owed >= 2 {
		q.sendAcks(w, q.owed/2)
		q.owed %= 2
	}
}

// settle ends the wait of an acknowledgement: it travels with data that is sent now, or
// has been sent alone if it has waited since before a time.
func (q *pipe) settle(w *world, before time.Duration) {
	if q.owed == 0 {
		return
	}
	switch {
	case q.owedAt < w.now-ackDelay:
		q.sendAcks(w, 1)
		q.owed = 0
	case before == w.now:
		q.owed = 0
	}
}

// sendAcks counts packets without data that the receiver of the pipe sends.
func (q *pipe) sendAcks(w *world, packets int) {
	side := q.side()
	by, to := q.conn.ends[1-side].host, q.conn.ends[side].host
	bytes := packets * segmentHeader
	by.take(w, bytes)
	w.traffic(by, to, bytes)
	to.ReceivedBytes += w.counted(bytes)
}
