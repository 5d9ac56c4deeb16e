package virtual

import (
	"fmt"
	"time"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// quietFor is how long nothing may have happened to a mesh before it has to be whole. A
// server whose window was over is dialled every 40 s at the latest, and a server without
// a peer dials its seeds every 36 s.
const quietFor = 80 * time.Second

// disturbed reports what happens last in a scenario, from the beginning of the load.
func disturbed(s *scenario.Scenario) time.Duration {
	last := s.Duration.D()
	for _, f := range s.Faults {
		last = max(last, s.End(f)+f.Down.D()+closeTimeout)
	}
	return last
}

// quiet reports whether nothing happened to the mesh for quietFor before the end, and
// whether the late messages have arrived. A line that is still busy is not a fault of the mesh.
func (w *world) quiet(timeline []result.Sample) bool {
	end := w.s.Duration.D() + w.s.Drain.D()
	if end-disturbed(w.s) < quietFor || w.stopped() {
		return false
	}
	for i := len(timeline) - 1; i >= 0 && time.Duration(timeline[i].Second)*time.Second > end-quietFor/2; i-- {
		if timeline[i].Delivered > 0 {
			return false
		}
	}
	return true
}

// judgeQuiet returns what is still broken after a time in which nothing happened. Then
// every server is ready, counts every other one as alive and none that has ended, and
// keeps nothing for any. At most 20 are returned.
func (w *world) judgeQuiet(timeline []result.Sample) []string {
	if !w.quiet(timeline) {
		return nil
	}
	var broken []string
	for _, t := range w.topics {
		for _, s := range t.seats {
			if !s.life.ended {
				broken = append(broken, s.unsettled()...)
			}
		}
	}
	for i := range broken {
		broken[i] += fmt.Sprintf(", %v after the last fault", quietFor)
	}
	return broken[:min(len(broken), 20)]
}

// unsettled returns what is not as it has to be after quietFor.
func (s *seat) unsettled() []string {
	var broken []string
	name := s.life.host.Name
	if !s.ready {
		broken = append(broken, name+" is not ready")
	}
	if s.waits {
		broken = append(broken, name+" waits to publish")
	}
	views := map[core.Peer]core.MemberView{}
	for _, v := range s.core.Members() {
		views[v.Peer] = v
	}
	for _, o := range s.topic.seats {
		v, known := views[o.life.peer]
		if o == s || s.life.lost() || o.life.lost() {
			continue
		}
		if what := standing(v, known, o.life.ended); what != "" {
			broken = append(broken, fmt.Sprintf(what, name, o.life.host.Name))
		}
	}
	return broken
}

// lost reports whether none of the seeds of a process ran at its start, and none does now:
// it cannot find the others.
func (l *life) lost() bool { return l.lonely && !l.findsMesh() }

// standing returns the faults in the state that a server has of another one.
func standing(v core.MemberView, known, ended bool) string {
	switch {
	case ended:
		if known && v.State <= core.Suspect {
			return "%s counts %s as a server, which has ended"
		}
	case !known || v.State != core.Alive:
		return "%s does not count %s as alive"
	case !v.Synced && v.Linked: // over the topic, subscriptions are not asked for again
		return "%s does not know the subscriptions of %s"
	case v.Waiting > 0:
		return "%s keeps messages for %s"
	}
	return ""
}
