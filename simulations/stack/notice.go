package stack

import (
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/mesh/core"
)

// The view of a server on another one that cannot be reached is read every noticeSoon, and
// after noticeLater every noticeEvery. That is the accuracy of Suspect and Detect.
const (
	noticeSoon  = time.Millisecond
	noticeLater = 100 * time.Millisecond
	noticeEvery = 10 * time.Millisecond
)

// watchAll measures how long all others take to notice that a process cannot be reached
// from now on. over is closed when it can be reached again; nil: it never can.
func (w *world) watchAll(lost *life, over <-chan struct{}) {
	w.mu.Lock()
	others := slices.Clone(w.lives)
	w.mu.Unlock()
	for _, l := range others {
		if l != nil && l != lost {
			w.watch(l, lost, over)
		}
	}
}

// watchPairs does that for the processes between which nothing passes from now on.
func (w *world) watchPairs(touches func(x, y int) bool, over <-chan struct{}) {
	w.mu.Lock()
	lives := slices.Clone(w.lives)
	w.mu.Unlock()
	for _, l := range lives {
		for _, o := range lives {
			if l != nil && o != nil && l != o && (touches(l.node, o.node) || touches(o.node, l.node)) {
				w.watch(l, o, over)
			}
		}
	}
}

// watch measures how long one process takes to suspect another one, and to count it as
// gone.
func (w *world) watch(by, lost *life, over <-chan struct{}) {
	begun, id := time.Now(), lost.mesh.ID()
	if by.opinion(id) != core.Alive {
		return
	}
	w.work.Go(func() {
		suspected := false
		for {
			state := by.opinion(id)
			if state > core.Alive && !suspected {
				suspected = true
				w.enter(func() { w.book.Suspected(time.Since(begun)) })
			}
			if state > core.Suspect {
				w.enter(func() { w.book.Detected(time.Since(begun)) })
				return
			}
			pause := noticeEvery
			if time.Since(begun) < noticeLater {
				pause = noticeSoon
			}
			select {
			case <-time.After(pause):
			case <-over:
				return
			case <-by.ended:
				return
			case <-w.done:
				return
			}
		}
	})
}

// enter changes the account.
func (w *world) enter(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// opinion returns the state of another process in the view of this one: the best of all
// applications.
func (l *life) opinion(id string) core.State {
	best := core.Left
	for _, t := range l.topics {
		if t == nil {
			continue
		}
		for _, m := range t.Members() {
			if m.Peer != id || m.Dead {
				continue
			}
			for _, s := range []core.State{core.Alive, core.Suspect, core.Gone} {
				if m.State == s.String() {
					best = min(best, s)
				}
			}
		}
	}
	return best
}
