package virtual

import (
	"slices"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// Joined implements core.Shell.
func (s *seat) Joined(late []core.Pending) {
	s.ready, s.late = true, late
	for _, o := range s.life.seats {
		if o != nil && !o.ready {
			return // the process is ready when all of its applications are
		}
	}
	s.life.w.book.Ready(s.life.id, s.life.w.now-s.life.started)
}

// judge reports a broken promise if s and o are ready and o is not a member of s:
// messages between ready servers must not be lost. A mesh that is too large to be linked
// fully promises that only for servers with a link.
func (s *seat) judge(o *seat) {
	w := s.life.w
	full := w.s.Mesh.Direct
	if full == 0 {
		full = fullMesh
	}
	switch {
	case o == nil || !s.ready || !o.ready || o.life.leaving || s.life.leaving || len(s.topic.seats) > full:
	case s.life.apart() || o.life.apart() || s.life.greets() || o.life.greets() || w.slowed():
	case s.named(o) || o.named(s) || w.parted(s.life, o.life):
	default:
		w.book.Break("%s and %s are ready and do not know each other", s.life.host.Name, o.life.host.Name)
	}
}

// fullMesh is the default of core.Options.FullMesh.
const fullMesh = 256

// named reports whether s joined without o and logged that.
func (s *seat) named(o *seat) bool {
	for _, p := range s.late {
		if p.Peer == o.life.peer {
			return true
		}
	}
	return false
}

// parted reports whether the network was cut or a process was stopped since one of two
// processes started. The other servers may then have been unable to introduce them to
// each other.
func (w *world) parted(a, b *life) bool {
	since := min(a.started, b.started)
	return w.paths.broken() || w.healed > 0 && w.healed >= since ||
		w.stopped() || w.resumed > 0 && w.resumed >= since
}

// stopped reports whether any process is stopped.
func (w *world) stopped() bool {
	return slices.ContainsFunc(w.hosts, func(h *host) bool { return h.life != nil && h.life.paused })
}

// slowed reports whether a server is slow, or was until repairTime ago. A server does not
// wait longer than 2 s for the answer of a seed.
func (w *world) slowed() bool {
	now := w.now - w.begin
	return slices.ContainsFunc(w.s.Faults, func(f scenario.Fault) bool {
		return (f.Do == scenario.Slow || f.Do == scenario.Degrade) && now >= f.At.D() && now < w.s.End(f)+repairTime
	})
}

// greets reports whether a process has just started and runs several applications. It
// stops seeking when a seed is a member of one of them, and may be ready in another one
// that the seed has not introduced yet.
func (l *life) greets() bool {
	return len(l.seats) > 1 && l.w.now < l.started+contactTries*greetingSteps*greetingStep+walkPause
}
