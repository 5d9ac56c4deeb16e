package sizing

import (
	"fmt"
	"time"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// recovery is how much longer than a cut messages have to be kept, as a factor: after the
// cut, TCP tries again or the servers connect anew, and only then is anything acknowledged.
const recovery = 1.2

// advice returns the settings that would have prevented what was lost or refused.
func advice(r *result.Result, s *scenario.Scenario) []string {
	var all []string
	t := r.Total()
	longest, label := longestFault(s)
	switch kept := s.Mesh.ReplayAge.D(); {
	case t.ReportedLost == 0:
	case longest > 0 && time.Duration(recovery*float64(longest)) > kept:
		all = append(all, fmt.Sprintf("Messages for a server that cannot be reached are kept for %v (replay_age). The longest fault (%s) lasted %v: set replay_age above %v to lose nothing in it.",
			kept, label, longest, time.Duration(recovery*float64(longest)).Round(time.Second)))
	case TrafficOf(r).Window >= uint64(s.Mesh.ReplayBytes)*9/10:
		all = append(all, fmt.Sprintf("At most %v of messages are kept for each server that cannot be reached (replay_bytes), and that was used: set replay_bytes higher.", s.Mesh.ReplayBytes))
	}
	if t.Refused > 0 {
		all = append(all, fmt.Sprintf("Publishing fails when more than %v wait for one server (backlog). More of it delays the failure only: publish less, or give the line that is full more bandwidth.", s.Mesh.Backlog))
	}
	return all
}

// longestFault returns how long the longest fault lasted that keeps messages from servers
// and ends before the run does; 0 if there is none.
func longestFault(s *scenario.Scenario) (longest time.Duration, label string) {
	for _, f := range s.Faults {
		holds := f.Do == scenario.Cut || f.Do == scenario.Partition || f.Do == scenario.Pause || f.Do == scenario.Degrade
		if holds && f.For.D() > longest && s.End(f) < s.Duration.D()+s.Drain.D() {
			longest, label = f.For.D(), f.Label
		}
	}
	return longest, label
}
