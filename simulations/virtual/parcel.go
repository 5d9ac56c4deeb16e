package virtual

import (
	"time"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/mesh/frame"
)

// A parcel is a batch of frames on its way, or news of a stream. It is a core.Sink, and
// used again and again. It has room for the frames that most have: of one Fetch, there is
// an Ack and a Head at the most, and rarely a second Data. A part of a large one is a
// parcel without frames; the last part has them.
type parcel struct {
	to     *link // that takes it
	conn   *conn
	side   uint8 // that sent it
	ended  bool  // the stream has ended: no frames
	bytes  int   // of the frames
	size   int   // on the wire
	frames []frame.Frame
	room   [3]frame.Frame

	ack     frame.Ack
	head    frame.Head
	data    frame.Data
	records [4][]byte // of data

	sent time.Duration // when it was written
	left time.Duration // when it was put on the line
	due  time.Duration // when it arrives, if nobody is stopped
	took time.Duration // from the arrival of its first packet to that of its last
	held time.Duration // for how long anything but the path delayed it
	set  time.Duration // what the path should take, on average
}

var _ core.Sink = (*parcel)(nil)

// Put implements core.Sink.
func (p *parcel) Put(f frame.Frame) int {
	switch g := f.(type) {
	case *frame.Ack:
		p.ack = *g
		f = &p.ack
	case *frame.Head:
		p.head = *g
		f = &p.head
	case *frame.Data:
		d := &p.data
		if len(d.Records) > 0 {
			d = &frame.Data{}
		}
		*d = frame.Data{First: g.First, Records: append(p.listFor(d), g.Records...)}
		f = d
	}
	size := frame.Size(f)
	p.frames = append(p.frames, f)
	p.bytes += size
	return size
}

// listFor is an empty list for the records of d.
func (p *parcel) listFor(d *frame.Data) [][]byte {
	if d == &p.data {
		return p.records[:0]
	}
	return nil
}

// empty makes the parcel as new.
func (p *parcel) empty() {
	clear(p.frames)
	clear(p.data.Records) // they may not be in the parcel's own room
	clear(p.records[:])
	p.to, p.conn, p.frames = nil, nil, nil
	p.data, p.bytes, p.ended = frame.Data{}, 0, false
}

// An arrival is something that reaches an end of a connection.
type arrival struct {
	conn *conn
	to   *life
}

// send puts a parcel on its way.
func (p *parcel) send() {
	c := p.conn
	p.sent = c.w.now
	p.size = onWire(p.bytes)
	c.ends[p.side].host.SentMessages += c.w.counted(len(p.frames))
	c.pipes[p.side].push(c.w, p)
}

// soon is a time that is not worth an event.
const soon = 2 * time.Microsecond

// arrive queues a parcel at the receiver's line, which takes its bytes at its own rate.
func arrive(w *world, arg any) {
	p := arg.(*parcel)
	c, to := p.conn, p.conn.ends[1-p.side]
	switch q := &c.pipes[p.side]; {
	case !c.open[1-p.side]:
		c.answerClosed(p.side)
		return
	case c.dead[p.side] || len(q.lost) > 0:
		q.lost = append(q.lost, p)
		if q.since == 0 || p.left < q.since {
			q.since = p.left
		}
		return
	}
	if w.now == p.due {
		w.measure.path(p.set, w.now-p.left-p.held)
	}
	h := to.host
	takes := h.takes(w, p)
	if len(h.line) == 0 && takes < soon {
		h.received(w, p, takes)
		p.taken()
		return
	}
	h.line = append(h.line, p)
	if len(h.line) == 1 {
		w.after(takes, nil, serve, h)
	}
}

// takes is for how long from now a host's line is busy with a parcel whose last byte has
// come. It began with it when the first packet had come, if it was free.
func (h *host) takes(w *world, p *parcel) time.Duration {
	began := max(h.downFree, w.now-p.took)
	return max(0, began+time.Duration(float64(p.size)*h.down)-w.now)
}

// received notes that a host's line has carried a parcel, some time from now.
func (h *host) received(w *world, p *parcel, after time.Duration) {
	done := w.now + after
	began := max(h.downFree, done-time.Duration(float64(p.size)*h.down))
	h.downFree = done
	h.downMeter.Add(began-w.begin, done-w.begin, w.s.Duration.D())
}

// serve takes the first parcel off a line.
func serve(w *world, arg any) {
	h := arg.(*host)
	p := h.line[0]
	h.line = h.line[1:]
	h.received(w, p, 0)
	if len(h.line) > 0 {
		w.after(h.takes(w, h.line[0]), nil, serve, h)
	}
	to := p.conn.ends[1-p.side]
	w.happen(event{of: to, arg: p, do: func(_ *world, arg any) { arg.(*parcel).taken() }})
}

// taken is a parcel, or a part of one, that has arrived whole.
func (p *parcel) taken() {
	c, to := p.conn, p.conn.ends[1-p.side]
	if !c.open[1-p.side] {
		return
	}
	q := &c.pipes[p.side]
	q.inflight -= p.size
	to.host.ReceivedBytes += c.w.counted(p.size)
	to.host.ReceivedMessages += c.w.counted(len(p.frames))
	q.acknowledge(c.w, p.size)
	if p.to != nil {
		p.to.take(p)
	}
	p.empty()
	c.w.spare = append(c.w.spare, p)
	q.unblock()
}

// answerClosed tells a sender that the other end of its connection no longer exists. A
// process that ends tells its peers itself; one whose machine lost power cannot.
func (c *conn) answerClosed(sender uint8) {
	if l := c.ends[sender]; c.open[sender] && c.ends[1-sender].exit == unpowered && !c.cut {
		c.w.after(c.paths[1-sender].base, l, hungUp, arrival{conn: c, to: l})
	}
}
