package virtual

import (
	"time"

	"github.com/signalmesh/signalmesh/mesh/core"
)

const (
	// dialsAtOnce is how many dials of an application run at a time; as many as
	// dialQueue may wait. See package mesh.
	dialsAtOnce = 4
	dialQueue   = 256
	// dialTrips are the round trips of a dial: TCP, which protocol, Noise, admission, and
	// the multiplexer.
	dialTrips = 6
	// dialWork is the time that the key exchange and the proof of the password take.
	dialWork = 3 * time.Millisecond
	// connectTimeout bounds TCP's part of a dial, and handshakeTimeout all of it.
	connectTimeout   = 5 * time.Second
	handshakeTimeout = 15 * time.Second
)

// A dial is an attempt to connect.
type dial struct {
	by     *life
	to     *host
	target *life // who has to answer; nil: whoever does
	done   func(connected, dead bool)
}

// dialNext starts the dials that the core asked for.
func (s *seat) dialNext() {
	dials := s.dials
	s.dials = nil
	for i, p := range dials {
		if s.dialling >= dialsAtOnce {
			if len(dials)-i > dialQueue {
				s.core.Dialed(s.life.w.now, p, false, false)
				continue
			}
			s.dials = append(s.dials, p)
			continue
		}
		s.dial(p)
	}
	if s.dialling >= dialsAtOnce { // the rest waits for a slot
		s.waiting = append(s.waiting, s.dials...)
		s.dials = nil
	}
}

func (s *seat) dial(p core.Peer) {
	s.dialling++
	target := s.life.w.byPeer[p]
	s.life.w.dial(dial{s.life, target.host, target, func(connected, dead bool) {
		s.dialling--
		s.core.Dialed(s.life.w.now, p, connected, dead)
		if len(s.waiting) > 0 {
			s.dials = append(s.dials, s.waiting[0])
			s.waiting = s.waiting[1:]
		}
		s.flush()
	}})
}

// dial tries to connect; done is called with what came of it.
func (w *world) dial(d dial) {
	trip := w.paths.between(d.by.host, d.to).roundTrip()
	answer := func(after time.Duration, connected, dead bool) {
		w.after(after, d.by, func(*world, any) { d.done(connected, dead) }, nil)
	}
	there := d.to.life
	_, cut := w.paths.cut(d.by.host, d.to)
	switch {
	case there != nil && d.by.byLife[there] != nil && (d.target == nil || d.target == there):
		answer(0, true, false)
	case cut:
		answer(connectTimeout, false, false)
	case there == nil || there.leaving:
		answer(trip, false, true)
	case there == d.by:
		answer(3*trip+dialWork, false, d.target != nil)
	case d.target != nil && there != d.target: // another life answers
		answer(3*trip+dialWork, false, true)
	case there.paused:
		d.await(w, there, trip)
	default:
		took := dialTrips*trip + dialWork
		if d.target == nil { // who is there is asked first
			took += 4*trip + dialWork
		}
		w.after(took, d.by, func(*world, any) { d.finish(w, there) }, nil)
	}
}

// await waits for a process that is stopped. Its kernel has taken the connection, so that the
// handshake continues after the pause.
func (d dial) await(w *world, there *life, trip time.Duration) {
	pending := true
	there.callers = append(there.callers, func() {
		if pending {
			pending = false
			w.after(dialTrips*trip+dialWork, d.by, func(*world, any) { d.finish(w, there) }, nil)
		}
	})
	w.after(handshakeTimeout, d.by, func(*world, any) {
		if pending {
			pending = false
			d.done(false, false)
		}
	}, nil)
}

// finish connects, if the other side is still there.
func (d dial) finish(w *world, there *life) {
	_, cut := w.paths.cut(d.by.host, d.to)
	switch {
	case there.ended && there.exit == unpowered:
		w.after(connectTimeout, d.by, func(*world, any) { d.done(false, false) }, nil)
	case there.ended || there.leaving || d.by.leaving:
		d.done(false, there.ended)
	case there.paused || cut:
		w.after(connectTimeout, d.by, func(*world, any) { d.done(false, false) }, nil)
	default:
		if d.by.byLife[there] == nil && there.byLife[d.by] == nil {
			w.connect(d.by, there)
		}
		d.done(true, false)
	}
}
