package virtual

import (
	"time"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

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
