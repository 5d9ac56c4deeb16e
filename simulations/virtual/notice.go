package virtual

import (
	"time"

	"github.com/signalmesh/signalmesh/mesh/core"
)

// notice measures how long a seat took to suspect a peer that cannot be reached, and to
// count it as gone, once for each time that it cannot be reached.
func (l *link) notice(before, after core.State) {
	if after <= before || before > core.Suspect {
		return
	}
	w, by, of := l.seat.life.w, l.seat.life, l.peer.life
	since, is := w.unreachable(by, of)
	if !is {
		return
	}
	if before == core.Alive && (!l.suspected || l.suspectedOf != since) {
		l.suspected, l.suspectedOf = true, since
		w.book.Suspected(w.now - since)
	}
	if after > core.Suspect && (!l.gone || l.goneOf != since) {
		l.gone, l.goneOf = true, since
		w.book.Detected(w.now - since)
	}
}

// unreachable reports whether a process cannot be reached by another one, and since when:
// it was killed, its machine lost power, it is stopped, or the path is cut. A process that
// is stopped itself does not observe anything.
func (w *world) unreachable(by, of *life) (since time.Duration, is bool) {
	switch {
	case by.paused:
		return 0, false
	case of.ended:
		return of.endedAt, of.exit != left
	case of.paused:
		return of.pausedAt, true
	}
	since, is = w.paths.cut(by.host, of.host)
	return since, is
}
