package virtual

import (
	"fmt"
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/mesh/frame"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

const (
	// meetTime is how long after its start a process may not be linked with all others.
	meetTime = 15 * time.Second
	// calmLatency is the longest latency with which all servers answer within the time
	// that the mesh waits for the messages that a dead one has sent to others.
	calmLatency = 150 * time.Millisecond
)

// judgeOrphans returns the messages that a killed server had told some of the others and
// that not all got. It judges calm scenarios only: in others, servers may be unable to
// inform each other in time. At most 20 are returned.
func (w *world) judgeOrphans() []string {
	if !calm(w.s) {
		return nil
	}
	var broken []string
	for _, o := range w.book.Orphans() {
		from, to := w.lives[o.From], w.lives[o.To]
		if len(broken) < 20 && o.Size < frame.MaxPart/2 && to.started < from.endedAt-meetTime && o.Told > w.unreliable(from) {
			broken = append(broken, fmt.Sprintf("message %d of %s, which was killed, reached %d servers and not %s", o.ID, from.host.Name, o.Told, to.host.Name))
		}
	}
	return broken
}

// unreliable returns how many processes may have had messages of one that was killed and
// not told them: those that have ended, and those that had just started.
func (w *world) unreliable(dead *life) int {
	n := 0
	for _, l := range w.lives {
		if l != dead && (l.ended || l.started >= dead.endedAt-meetTime) {
			n++
		}
	}
	return n
}

// calm reports whether nothing but the end of processes disturbs a scenario whose servers
// are all linked.
func calm(s *scenario.Scenario) bool {
	if s.Nodes()+len(s.Joins()) > s.Mesh.Direct || slices.ContainsFunc(s.Faults, func(f scenario.Fault) bool {
		return separates(f.Do) || f.Do == scenario.PowerLoss // the others may learn of it only at the end of the window
	}) {
		return false
	}
	for a := range s.Regions {
		for b := range s.Regions {
			if p := s.Path(a, b); p.Loss > 0 || p.Latency.Max+p.Jitter > calmLatency || p.Bandwidth > 0 && p.Bandwidth < 1e9 {
				return false
			}
		}
	}
	return true
}
