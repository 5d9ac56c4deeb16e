package virtual

import (
	"time"

	"github.com/signalmesh/signalmesh/mesh/core"
)

// A link is the streams between two seats, as one of them sees them. There is one for
// each that the core ever had as a member, so that what belongs to it need not be
// looked for by its peer ID.
type link struct {
	seat   *seat // that writes
	peer   *seat
	twin   *link        // the peer's
	member *core.Member // what the core makes of the peer; nil: it is none. Also in seat.members
	conn   *conn
	side   uint8      // of the seat, in conn
	state  core.State // of the peer

	open     bool // our stream, Hello said
	welcomed bool // the peer's
	blocked  bool // the pipe is full
	wasDown  bool
	downAt   time.Duration

	// Since when the peer could not be reached, the last time it was suspected and
	// counted as gone.
	suspected, gone     bool
	suspectedOf, goneOf time.Duration
}

// linkTo returns the link to another seat.
func (s *seat) linkTo(o *seat) *link {
	for len(s.links) <= o.index {
		s.links = append(s.links, nil)
	}
	l := s.links[o.index]
	if l == nil {
		l = &link{seat: s, peer: o, state: core.Left}
		s.links[o.index] = l
		if !o.life.ended {
			l.twin = o.linkTo(s)
		}
	}
	return l
}

// link returns the link to another seat, if there is one.
func (s *seat) link(o *seat) *link {
	if o.index < len(s.links) {
		return s.links[o.index]
	}
	return nil
}

// member returns what the core makes of another seat; nil: it is no member.
func (s *seat) member(o *seat) *core.Member {
	if o.index < len(s.members) {
		return s.members[o.index]
	}
	return nil
}

// becomes says what the core makes of the peer from now on.
func (l *link) becomes(m *core.Member) {
	s := l.seat
	for len(s.members) <= l.peer.index {
		s.members = append(s.members, nil)
	}
	l.member, s.members[l.peer.index] = m, m
}

// on puts the link on a connection.
func (l *link) on(c *conn) { l.conn, l.side = c, uint8(c.side(l.seat.life)) }

// write writes what the core has for the link, as far as the pipe takes it.
func (l *link) write() {
	for l.open && l.member != nil {
		q := &l.conn.pipes[l.side]
		if q.inflight >= pipeBytes {
			if !l.blocked {
				l.blocked = true
				q.blocked = append(q.blocked, l)
			}
			return
		}
		w := l.seat.life.w
		p := l.parcel()
		if !l.seat.core.Fetch(w.now, l.member, p) {
			w.spare = append(w.spare, p)
			return
		}
		w.examine(p)
		p.send()
	}
}

func (l *link) hello() {
	p := l.parcel()
	p.Put(l.seat.core.Hello(l.peer.life.peer))
	p.send()
}

// endStream tells the peer that our stream has ended.
func (l *link) endStream() {
	p := l.parcel()
	p.bytes, p.ended = 12, true
	p.send()
}

// parcel returns an empty parcel of the link, one that was used before if there is one.
func (l *link) parcel() *parcel {
	w := l.seat.life.w
	p := w.parcel()
	p.to, p.conn, p.side = l.twin, l.conn, l.side
	p.frames = p.room[:0]
	return p
}

// parcel returns an empty parcel.
func (w *world) parcel() *parcel {
	last := len(w.spare) - 1
	if last < 0 {
		return &parcel{}
	}
	p := w.spare[last]
	w.spare = w.spare[:last]
	return p
}

func onWire(bytes int) int {
	bytes += batchHeader
	return bytes + (bytes+segment-1)/segment*segmentHeader
}
