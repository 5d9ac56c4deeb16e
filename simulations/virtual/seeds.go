package virtual

import (
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/mesh/core"
)

// The search for seeds follows package discovery with its defaults: every node knows
// the first seedCount nodes of each of its applications, walks over them until it has a
// peer, pauses between walks, and looks for parts of the mesh apart from its own now
// and then.
const (
	seedCount    = 3
	walkPause    = time.Second
	walkPauseMax = 30 * time.Second
	fastWalks    = 5
	probeEvery   = 30 * time.Second
)

// A search is where a process is in it.
type search struct {
	hosts   []*host
	running bool
	walks   int
	pause   time.Duration
}

// search begins to walk over the seeds, if the process has no peer.
func (l *life) search() {
	if l.seeds.running || len(l.conns) > 0 || l.leaving || l.ended {
		return
	}
	l.seeds = search{hosts: l.w.seedsOf(l.host), running: true, pause: walkPause}
	l.w.after(0, l, walk, l)
}

// seedsOf are the seeds of a host.
func (w *world) seedsOf(h *host) []*host {
	var seeds []*host
	for app := range w.topics {
		if !w.plan.Runs(app, h.node) {
			continue
		}
		members := w.plan.Members(app)
		for _, node := range members[:min(seedCount, len(members))] {
			if s := w.hosts[node]; s != h && !slices.Contains(seeds, s) {
				seeds = append(seeds, s)
			}
		}
	}
	return seeds
}

func walk(w *world, arg any) { arg.(*life).walkFrom(0) }

// walkFrom dials the seeds from the i-th on, one after the other.
func (l *life) walkFrom(i int) {
	w := l.w
	switch {
	case len(l.conns) > 0:
		l.seeds.running = false
		w.after(jittered(w, walkPause), l, probe, l)
	case i == len(l.seeds.hosts):
		l.seeds.walks++
		if l.seeds.walks > fastWalks {
			l.seeds.pause = min(2*l.seeds.pause, walkPauseMax)
		}
		w.after(jittered(w, l.seeds.pause), l, walk, l)
	default:
		w.dial(dial{by: l, to: l.seeds.hosts[i], done: func(bool, bool) { l.walkFrom(i + 1) }})
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
	for _, h := range l.seeds.hosts {
		if h.life == nil || !l.knows(h.life) {
			w.dial(dial{by: l, to: h, done: func(bool, bool) {}})
		}
	}
	w.after(jittered(w, probeEvery), l, probe, l)
}

// knows tells whether a process counts another one as a server of any application.
func (l *life) knows(o *life) bool {
	for app, s := range l.seats {
		other := o.seats[app]
		if s == nil || other == nil {
			continue
		}
		if k := s.link(other); k != nil && k.state <= core.Suspect {
			return true
		}
	}
	return l.byLife[o] != nil
}
