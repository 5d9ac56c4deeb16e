package virtual

import "time"

// The search for seeds follows package discovery with its defaults: every node knows
// the first seedCount nodes, walks over them until it has a peer, pauses between
// walks, and looks for parts of the mesh apart from its own now and then.
const (
	seedCount    = 3
	walkPause    = time.Second
	walkPauseMax = 30 * time.Second
	fastWalks    = 5
	probeEvery   = 30 * time.Second
)

// A search is where a process is in it.
type search struct {
	running bool
	walks   int
	pause   time.Duration
}

// search begins to walk over the seeds, if the process has no peer.
func (l *life) search() {
	if l.seeds.running || len(l.conns) > 0 || l.leaving || l.ended {
		return
	}
	l.seeds = search{running: true, pause: walkPause}
	l.w.after(0, l, walk, l)
}

func walk(w *world, arg any) { arg.(*life).walkFrom(0) }

// walkFrom dials the seeds from the i-th on, one after the other.
func (l *life) walkFrom(i int) {
	w := l.w
	switch {
	case len(l.conns) > 0:
		l.seeds.running = false
		w.after(jittered(w, walkPause), l, probe, l)
	case i == min(seedCount, w.s.Nodes()):
		l.seeds.walks++
		if l.seeds.walks > fastWalks {
			l.seeds.pause = min(2*l.seeds.pause, walkPauseMax)
		}
		w.after(jittered(w, l.seeds.pause), l, walk, l)
	case w.hosts[i] == l.host:
		l.walkFrom(i + 1)
	default:
		w.dial(dial{by: l, to: w.hosts[i], done: func(bool, bool) { l.walkFrom(i + 1) }})
	}
}

// jittered is d, give or take 20 %.
func jittered(w *world, d time.Duration) time.Duration { return d*4/5 + w.upTo(d*2/5) }

// probe dials the seeds that are not connected: they may be in another part.
func probe(w *world, arg any) {
	l := arg.(*life)
	if len(l.conns) == 0 || l.leaving {
		return // the search begins anew
	}
	for _, h := range w.hosts[:min(seedCount, w.s.Nodes())] {
		if h != l.host && (h.life == nil || !l.knows(h.life)) {
			w.dial(dial{by: l, to: h, done: func(bool, bool) {}})
		}
	}
	w.after(jittered(w, probeEvery), l, probe, l)
}

// knows tells whether a process counts another one as a server of any application.
func (l *life) knows(o *life) bool {
	for _, s := range l.seats {
		if s != nil && o.id < len(s.states) && s.states[o.id] <= 1 {
			return true
		}
	}
	return l.byLife[o] != nil
}
