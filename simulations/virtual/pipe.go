package virtual

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/mesh/frame"
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
	free     time.Duration // when the connection's own rate lets the next batch go
	last     time.Duration // when the last one arrives: the order is kept
	inflight int           // bytes
	sent     time.Duration // when the last one left
	pause    time.Duration // between two, on average of late
	stalled  []*parcel     // sent or due in a cut
	blocked  []*link       // that wait until less is on its way
}

// A parcel is a batch of frames on its way, or news of a stream.
type parcel struct {
	conn   *conn
	side   int // that sent it
	app    int
	frames []frame.Frame
	room   [2]frame.Frame // of frames, as most parcels have one or two
	size   int            // on the wire
	count  int            // messages in it
	sent   time.Duration  // when it was written
	left   time.Duration  // when it was put on the line
	held   time.Duration  // for how long anything but the path delayed it
	set    time.Duration  // what the path should take, on average
	ended  bool           // the stream has ended: no frames
}

// An arrival is something that reaches an end of a connection.
type arrival struct {
	conn *conn
	to   *life
}

// write writes what the core has for the link, as far as the pipe takes it.
func (l *link) write() {
	for l.open {
		p := &l.conn.pipes[l.conn.side(l.seat.life)]
		if p.inflight >= pipeBytes {
			if !l.blocked {
				l.blocked = true
				p.blocked = append(p.blocked, l)
			}
			return
		}
		w := l.seat.life.w
		w.scratch = l.seat.core.Next(w.now, l.peer.peer, w.scratch[:0])
		if len(w.scratch) == 0 {
			return
		}
		l.send(bytes.Clone(w.scratch))
	}
}

func (l *link) hello() {
	l.send(frame.Append(nil, l.seat.core.Hello(l.peer.peer)))
}

// send sends a batch of whole frames.
func (l *link) send(batch []byte) {
	p := l.parcel()
	p.size, p.frames = onWire(len(batch)), p.room[:0]
	for len(batch) > 0 {
		size := 4 + binary.BigEndian.Uint32(batch)
		f, err := frame.Parse(batch[4:size])
		if err != nil {
			l.seat.life.w.book.Break("%s wrote a malformed frame: %v", l.seat.life.host.Name, err)
			return
		}
		p.frames = append(p.frames, f)
		batch = batch[size:]
	}
	p.count = len(p.frames)
	p.send()
}

// endStream tells the peer that our stream has ended.
func (l *link) endStream() {
	p := l.parcel()
	p.size, p.ended = onWire(12), true
	p.send()
}

// parcel returns an empty parcel of the link, one that was used before if there is one.
func (l *link) parcel() *parcel {
	w := l.seat.life.w
	p := &parcel{}
	if last := len(w.spare) - 1; last >= 0 {
		p, w.spare = w.spare[last], w.spare[:last]
	}
	p.conn, p.app, p.side = l.conn, l.seat.topic.app, l.conn.side(l.seat.life)
	return p
}

func onWire(bytes int) int {
	bytes += batchHeader
	return bytes + (bytes+segment-1)/segment*segmentHeader
}

// send puts a parcel on its way.
func (p *parcel) send() {
	c := p.conn
	from := c.ends[p.side].host
	pipe := &c.pipes[p.side]
	p.sent = c.w.now
	pipe.inflight += p.size
	from.count(c.w, p.size, p.count)
	if c.cut {
		pipe.stalled = append(pipe.stalled, p)
		return
	}
	pipe.carry(p)
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
	again := w.lossDelay(c.path, (p.size+segment-1)/segment, q.nextIn(w.now))
	at := start + sending + c.path.base + w.upTo(c.path.jitter+1) + again
	q.last = max(at, q.last)
	p.held = start + sending - w.now + again + q.last - at
	p.set = c.path.base + c.path.jitter/2
	p.left = w.now
	w.at(q.last, to, arrive, p)
}

// nextIn notes that something leaves, and guesses from the pauses of late when
// something will again.
func (q *pipe) nextIn(now time.Duration) time.Duration {
	q.pause += (now - q.sent - q.pause) / 8
	q.sent = now
	return q.pause
}

// lossDelay draws which of some segments are lost, and says by how much that delays the
// last of them. One lost among several is sent again after a round trip, since the
// next ones tell; a lone one after a round trip and a quarter from when the next is
// sent, or after the timer, whichever is sooner (RFC 8985); and one that is lost again
// after timeouts that double.
func (w *world) lossDelay(p path, segments int, next time.Duration) time.Duration {
	if p.loss == 0 {
		return 0
	}
	var delay time.Duration
	for range segments {
		w.measure.segments++
		w.measure.expected += p.loss
		if w.rand.Float64() >= p.loss {
			continue
		}
		w.measure.lost++
		again := p.roundTrip()
		switch {
		case segments == 1:
			again = min(2*p.roundTrip()+retransmit, next+p.roundTrip()*5/4)
		case segments < 4:
			again = 2 * p.roundTrip()
		}
		timeout := retransmit + p.roundTrip()
		for w.rand.Float64() < p.loss {
			again += timeout
			timeout *= 2
		}
		delay = max(delay, again)
	}
	return delay
}

// soon is a time that is not worth an event.
const soon = 2 * time.Microsecond

// arrive queues a parcel at the receiver's line, which takes its bytes at its own rate.
func arrive(w *world, arg any) {
	p := arg.(*parcel)
	c, to := p.conn, p.conn.ends[1-p.side]
	switch q := &c.pipes[p.side]; {
	case !c.open[1-p.side]:
		return
	case c.cut:
		q.stalled = append(q.stalled, p)
		return
	}
	w.measure.path(p.set, w.now-p.left-p.held)
	h := to.host
	takes := time.Duration(float64(p.size) * h.down)
	if len(h.line) == 0 && takes < soon {
		p.taken()
		return
	}
	h.line = append(h.line, p)
	if len(h.line) == 1 {
		w.after(takes, nil, serve, h)
	}
}

// serve takes the first parcel off a line.
func serve(w *world, arg any) {
	h := arg.(*host)
	p := h.line[0]
	h.line = h.line[1:]
	if len(h.line) > 0 {
		w.after(time.Duration(float64(h.line[0].size)*h.down), nil, serve, h)
	}
	to := p.conn.ends[1-p.side]
	w.happen(event{of: to, arg: p, do: func(_ *world, arg any) { arg.(*parcel).taken() }})
}

// taken is a parcel that has arrived whole.
func (p *parcel) taken() {
	c, to := p.conn, p.conn.ends[1-p.side]
	if !c.open[1-p.side] {
		return
	}
	q := &c.pipes[p.side]
	q.inflight -= p.size
	to.host.ReceivedBytes += c.w.counted(p.size)
	to.host.ReceivedMessages += c.w.counted(p.count)
	to.host.acknowledge(c.w, c.ends[p.side].host, p.size)
	to.take(p)
	*p = parcel{}
	c.w.spare = append(c.w.spare, p)
	q.unblock()
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

// take hands a parcel's frames to the core.
func (l *life) take(p *parcel) {
	s := l.seats[p.app]
	if s == nil {
		return
	}
	from := p.conn.ends[p.side]
	if p.ended {
		if k := s.links[from.peer]; k != nil && k.conn == p.conn {
			s.farewell(k)
			s.flush()
			l.hungUp()
		}
		return
	}
	s.road = "direct"
	for _, f := range p.frames {
		if err := s.takeFrame(p.conn, from, f); err != nil {
			if !errors.Is(err, core.ErrFull) {
				l.w.book.Break("%s broke the protocol, says %s: %v", from.host.Name, l.host.Name, err)
			}
			p.conn.hangUp(p.conn.side(l))
			return
		}
		if l.ended {
			return
		}
	}
	s.flush()
}

func (s *seat) takeFrame(c *conn, from *life, f frame.Frame) error {
	now := s.life.w.now
	hello, ok := f.(frame.Hello)
	if !ok {
		err := s.core.Frame(now, from.peer, f)
		if _, bye := f.(frame.Bye); bye && err == nil {
			s.dismiss(from)
		}
		return err
	}
	if s.life.leaving {
		return nil
	}
	if err := s.core.Welcome(now, from.peer, hello); err != nil {
		return err
	}
	l := s.links[from.peer]
	if l == nil {
		l = &link{seat: s, peer: from, conn: c}
		s.links[from.peer] = l
	}
	if !l.welcomed {
		l.welcomed = true
		s.welcomes++
		l.count()
	}
	s.openLink(c)
	return nil
}

// dismiss hangs up on a peer that said goodbye, which tells it that we heard.
func (s *seat) dismiss(from *life) {
	if l := s.links[from.peer]; l != nil {
		s.closeLink(l)
		l.endStream()
		s.farewell(l)
	}
}

// count notes what a host sends, while the load runs.
func (h *host) count(w *world, bytes, messages int) {
	w.sent += uint64(bytes)
	h.SentBytes += w.counted(bytes)
	h.SentMessages += w.counted(messages)
}

// acknowledge counts TCP's own acknowledgements of some bytes: a packet for each segment.
func (h *host) acknowledge(w *world, from *host, bytes int) {
	acks := (bytes + segment - 1) / segment * segmentHeader
	h.count(w, acks, 0)
	from.ReceivedBytes += w.counted(acks)
}

// counted is v while the load runs, else 0.
func (w *world) counted(v int) uint64 {
	if w.now < w.begin || w.now > w.begin+w.s.Duration.D() {
		return 0
	}
	return uint64(v)
}
