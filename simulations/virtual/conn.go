package virtual

import (
	"time"
)

// A conn is a TCP connection between two processes, with the streams of all their
// applications on it. It delivers in order and loses nothing while it lives: loss is
// delay. When it ends, what is on its way is lost.
type conn struct {
	ends  [2]*life // the first dialled
	open  [2]bool  // that end has not hung up, and has not noticed that the other did
	dead  [2]bool  // nothing passes from that end to the other
	cut   bool     // one of the directions is dead
	paths [2]path  // from that end
	pipes [2]pipe  // the same
	w     *world
	since time.Duration // when the cut began, if there is one
}

// flows reports whether data passes in both directions: there is no cut, and TCP has
// noticed the end of the last one.
func (c *conn) flows() bool { return !c.cut && c.pipes[0].since == 0 && c.pipes[1].since == 0 }

// roundTrip returns the longest time of a packet and its answer.
func (c *conn) roundTrip() time.Duration {
	return c.paths[0].base + c.paths[0].jitter + c.paths[1].base + c.paths[1].jitter
}

// timeout is TCP's first retransmission timeout (RFC 6298, section 2, with Linux's minimum).
func (c *conn) timeout() time.Duration { return retransmit + c.roundTrip() }

// The times of a connection that carries nothing: yamux asks every 2 s whether the
// other side is there, and waits 6 s. See newMuxer in package mesh.
const (
	keepAliveEvery   = 2 * time.Second
	keepAliveTimeout = 6 * time.Second
)

func keepAlive(w *world) time.Duration { return keepAliveTimeout + w.upTo(keepAliveEvery) }

func (c *conn) side(l *life) int {
	if c.ends[0] == l {
		return 0
	}
	return 1
}

// connect opens a connection between two processes and, on it, the streams of the
// applications they share.
func (w *world) connect(a, b *life) *conn {
	c := &conn{w: w, ends: [2]*life{a, b}, open: [2]bool{true, true}}
	c.pipes[0].conn, c.pipes[1].conn = c, c
	c.follow()
	w.conns = append(w.conns, c)
	for i, l := range c.ends {
		o := c.ends[1-i]
		l.conns = append(l.conns, c)
		l.byLife[o] = c
	}
	for i, s := range a.seats {
		if o := b.seats[i]; s != nil && o != nil {
			s.topic.acquaint(s, o, c)
		}
	}
	// Before a stream can be opened, each side asks what the other speaks.
	for _, l := range c.ends {
		w.after(c.roundTrip(), l, identified, arrival{conn: c, to: l})
	}
	return c
}

// identified opens this side's streams.
func identified(_ *world, arg any) {
	a := arg.(arrival)
	i := a.conn.side(a.to)
	if !a.conn.open[i] {
		return
	}
	for app, s := range a.to.seats {
		if s != nil && a.conn.ends[1-i].seats[app] != nil {
			s.core.AnnounceSoon(s.life.w.now)
			s.linkTo(a.conn.ends[1-i].seats[app]).openOn(a.conn)
			s.flush()
		}
	}
}

// openOn opens our stream to the other end of c and says hello on it.
func (l *link) openOn(c *conn) {
	s := l.seat
	if l.open && l.conn == c || s.life.leaving {
		return
	}
	l.on(c)
	l.open, l.blocked = true, false
	l.hello()
	s.core.LinkUp(s.life.w.now, l.peer.life.peer)
	l.count()
}

// count keeps the number of links of the seat.
func (l *link) count() {
	if l.open && l.welcomed {
		l.seat.linked++
	}
}

// close ends our stream.
func (l *link) close() {
	s := l.seat
	if !l.open {
		return
	}
	if l.welcomed {
		s.linked--
	}
	l.open = false
	l.downAt, l.wasDown = s.life.w.now, true
	s.core.LinkDown(s.life.w.now, l.peer.life.peer)
}

// farewell notes that the peer's stream has ended.
func (l *link) farewell() {
	s := l.seat
	if !l.welcomed {
		return
	}
	if l.open {
		s.linked--
	}
	l.welcomed = false
	l.downAt, l.wasDown = s.life.w.now, true
	s.welcomes--
	s.core.WelcomeOver(s.life.w.now, l.peer.life.peer)
}

// hangUp ends the connection for one end, and tells the other when the news gets
// through.
func (c *conn) hangUp(i int) {
	if !c.open[i] {
		return
	}
	c.close(i)
	if !c.cut { // else it learns of it when the cut ends
		c.tellHungUp(i)
	}
}

// tellHungUp tells the other end of a connection that one end has hung up.
func (c *conn) tellHungUp(i int) {
	if c.open[1-i] {
		p := &c.pipes[i]
		at := max(c.w.now+c.paths[i].base, p.last)
		c.w.at(at, c.ends[1-i], hungUp, arrival{conn: c, to: c.ends[1-i]})
	}
}

func hungUp(_ *world, arg any) {
	a := arg.(arrival)
	a.conn.close(a.conn.side(a.to))
}

// close ends the connection for one end.
func (c *conn) close(i int) {
	if !c.open[i] {
		return
	}
	c.open[i] = false
	l, o := c.ends[i], c.ends[1-i]
	l.conns = drop(l.conns, c)
	if l.byLife[o] == c {
		delete(l.byLife, o)
	}
	if !c.open[1-i] {
		c.w.conns = drop(c.w.conns, c)
		c.w.meterPipes(c)
	}
	for app, s := range l.seats {
		if s == nil {
			continue
		}
		other := o.seats[app]
		if other == nil {
			continue
		}
		s.topic.part(s, other, c)
		if k := s.link(other); k != nil && k.conn == c && !l.ended {
			k.close()
			k.farewell()
			s.flush()
		}
	}
	if !l.ended {
		l.hungUp()
		l.search()
	}
}

// starving is a connection that carries nothing because of a cut, or because a process
// is stopped, since a time.
type starving struct {
	conn  *conn
	by    *life // that is stopped; nil: a cut
	since time.Duration
}

// starve ends a connection that has carried nothing for too long.
func starve(w *world, arg any) {
	s := arg.(starving)
	c := s.conn
	if s.by != nil {
		if s.by.paused && s.by.pausedAt == s.since {
			c.hangUp(1 - c.side(s.by))
		}
		return
	}
	if c.cut && c.since == s.since {
		c.breakDown()
	}
}

// breakDown ends the connection for both ends, who do not hear of each other.
func (c *conn) breakDown() {
	for i, l := range c.ends {
		if l.paused && !l.ended {
			c.w.at(c.w.now, l, hungUp, arrival{conn: c, to: l})
			continue
		}
		c.close(i)
	}
}

// follow takes over what the paths between the two hosts are like at present.
func (c *conn) follow() {
	for i := range c.paths {
		from, to := c.ends[i].host, c.ends[1-i].host
		c.paths[i] = c.w.paths.between(from, to)
		c.dead[i] = c.paths[i].dead
	}
}

// check follows the paths: a connection starves in a cut, or is reset.
func (c *conn) check(reset bool) {
	c.follow()
	is := c.dead[0] || c.dead[1]
	switch {
	case is && !c.cut:
		c.cut, c.since = true, c.w.now
		if reset {
			c.breakDown()
			return
		}
		c.w.after(keepAlive(c.w), nil, starve, starving{conn: c, since: c.w.now})
	case !is && c.cut:
		c.cut = false
		for i := range c.pipes {
			c.pipes[i].resume(c.w)
			if !c.open[i] {
				c.tellHungUp(i)
			}
		}
	}
}
