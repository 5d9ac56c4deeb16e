package virtual

import (
	"time"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/mesh/frame"
)

// A parcel is a batch of frames on its way, or news of a stream. It is a core.Sink, and
// used again and again. It has room for the frames that most have: of one Fetch, there is
// an Ack and a Head at the most, and rarely a second Data.
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
	from := c.ends[p.side].host
	pipe := &c.pipes[p.side]
	p.sent = c.w.now
	p.size = onWire(p.bytes)
	pipe.inflight += p.size
	from.count(c.w, p.size, len(p.frames))
	if c.cut {
		pipe.stalled = append(pipe.stalled, p)
		return
	}
	pipe.carry(p)
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
	if w.now == p.due {
		w.measure.path(p.set, w.now-p.left-p.held)
	}
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
	to.host.ReceivedMessages += c.w.counted(len(p.frames))
	to.host.acknowledge(c.w, c.ends[p.side].host, p.size)
	p.to.take(p)
	p.empty()
	c.w.spare = append(c.w.spare, p)
	q.unblock()
}
