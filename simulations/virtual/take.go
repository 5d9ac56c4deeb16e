package virtual

import (
	"errors"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/mesh/frame"
)

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
