package virtual

import (
	"errors"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/mesh/frame"
	"github.com/signalmesh/signalmesh/simulations/account"
)

// take hands the frames of a parcel, which the peer sent, to the core.
func (l *link) take(p *parcel) {
	s := l.seat
	if p.ended {
		if l.conn == p.conn {
			l.farewell()
			s.flush()
			s.life.hungUp()
		}
		return
	}
	s.road = account.Direct
	for _, f := range p.frames {
		if err := l.takeFrame(p.conn, f); err != nil {
			if !errors.Is(err, core.ErrFull) {
				s.life.w.book.Break("%s broke the protocol, says %s: %v", l.peer.life.host.Name, s.life.host.Name, err)
			}
			p.conn.hangUp(p.conn.side(s.life))
			return
		}
		if s.life.ended {
			return
		}
	}
	s.flush()
}

func (l *link) takeFrame(c *conn, f frame.Frame) error {
	s := l.seat
	now := s.life.w.now
	hello, ok := f.(frame.Hello)
	if !ok {
		if l.member == nil || !l.welcomed {
			return nil // it has just been removed, or this process leaves and took no Hello
		}
		err := s.core.FrameOf(now, l.member, f)
		if _, bye := f.(frame.Bye); bye && err == nil {
			l.dismiss()
		}
		return err
	}
	if s.life.leaving {
		return nil
	}
	if err := s.core.Welcome(now, l.peer.life.peer, hello); err != nil {
		return err
	}
	if l.conn == nil {
		l.on(c)
	}
	if !l.welcomed {
		l.welcomed = true
		s.welcomes++
		l.count()
	}
	l.openOn(c)
	return nil
}

// dismiss hangs up on a peer that said goodbye, which tells it that we heard.
func (l *link) dismiss() {
	if l.conn == nil {
		return
	}
	l.close()
	l.endStream()
	l.farewell()
}
