package virtual

import (
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/mesh/core"
)

// The search for seeds follows package discovery with its defaults: every node knows
// the first seedCount nodes of each of its applications and dials all of them at its
// start, and again after walkPause if none answered: contact. Later, whenever it has no
// peer, it walks over them until it has one, pauses between walks, and looks for parts of
// the mesh apart from its own now and then.
const (
	seedCount    = 3
	contactTries = 2
	// greetingStep and greetingSteps are how long a seed that was dialled may take to
	// become a member; see package node.
	greetingStep  = 10 * time.Millisecond
	greetingSteps = 200
	walkPause     = time.Second
	walkPauseMax  = 30 * time.Second
	fastWalks     = 5
	probeEvery    = 30 * time.Second
)

// A search is where a process is in it.
type search struct {
	hosts   []*host
	running bool
	walks   int
	pause   time.Duration

	tries   int // rounds of contact
	open    int // dials of this round that have not ended
	ended   bool
	answer  bool // a seed has become a member
	pausing bool // between two rounds
}

// search begins to walk over the seeds, if the process has no peer.
func (l *life) search() {
	if l.seeds.running || len(l.conns) > 0 || l.leaving || l.ended {
		return
	}
	first := !l.seeds.ended
	l.seeds = search{hosts: l.w.seedsOf(l.host), running: true, pause: walkPause, ended: l.seeds.ended}
	if first {
		l.w.after(0, l, contact, l)
		return
	}
	l.w.after(0, l, walk, l)
}

// contact dials every seed at once.
func contact(w *world, arg any) {
	l := arg.(*life)
	if l.seeds.ended {
		return
	}
	l.seeds.tries++
	l.lonely = l.lonely || !l.findsMesh() && len(l.w.running()) > 1
	l.seeds.pausing = false
	if l.seeds.open = len(l.seeds.hosts); l.seeds.open == 0 {
		l.contactEnds()
		return
	}
	for _, h := range l.seeds.hosts {
		w.dial(dial{by: l, to: h, done: func(connected, _ bool) {
			if connected && h.life != nil {
				l.greet(h.life, greetingSteps)
				return
			}
			l.dialEnds(false)
		}})
	}
}

// findsMesh reports whether any seed of the process runs and is not apart itself.
func (l *life) findsMesh() bool {
	return slices.ContainsFunc(l.w.seedsOf(l.host), func(h *host) bool {
		return h.life != nil && !h.life.leaving && !h.life.apart()
	})
}

// apart reports whether the process started a short time ago and then found none of those
// that ran, or none answered: it began a separate mesh, which finds the other later.
func (l *life) apart() bool { return l.lonely && l.w.now < l.started+quietFor }

// running returns the hosts on which a process runs.
func (w *world) running() []*host {
	return slices.DeleteFunc(slices.Clone(w.hosts), func(h *host) bool { return h.life == nil })
}

// greet waits until a seed is a member.
func (l *life) greet(seed *life, steps int) {
	if known := l.hasMember(seed); known || steps == 0 {
		l.dialEnds(known)
		return
	}
	l.w.after(greetingStep, l, func(*world, any) { l.greet(seed, steps-1) }, nil)
}

// hasMember reports whether another process is a member in any application.
func (l *life) hasMember(o *life) bool {
	for app, s := range l.seats {
		if s != nil && o.seats[app] != nil && s.member(o.seats[app]) != nil {
			return true
		}
	}
	return false
}

// dialEnds notes that a dial of contact ended, and ends contact with the last one.
func (l *life) dialEnds(member bool) {
	l.seeds.answer = l.seeds.answer || member
	if l.seeds.open--; l.seeds.open > 0 {
		return
	}
	if !l.seeds.answer && len(l.conns) == 0 && l.seeds.tries < contactTries {
		l.seeds.pausing = true
		l.w.after(walkPause, l, contact, l)
		return
	}
	l.contactEnds()
}

// peerCame ends contact if a peer has come by itself while the process pauses.
func (l *life) peerCame() {
	if l.seeds.pausing && !l.seeds.ended {
		l.w.after(0, l, func(*world, any) { l.contactEnds() }, nil)
	}
}

func (l *life) contactEnds() {
	if l.seeds.ended {
		return
	}
	l.seeds.ended = true
	l.lonely = l.lonely || !l.seeds.answer && len(l.w.running()) > 1
	for _, s := range l.seats {
		if s != nil {
			s.core.Contact(l.w.now, core.ContactEnded)
			s.flush()
		}
	}
	l.walkFrom(len(l.seeds.hosts))
}

// firstNodes are the seeds of a host.
func (w *world) firstNodes(h *host) []*host {
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
