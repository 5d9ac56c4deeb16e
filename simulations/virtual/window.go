package virtual

import (
	"fmt"
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// repairTime is the longest time from the end of a fault until two servers are linked
// again: both dial each other every 10 s, and a dial takes up to 15 s.
const repairTime = 30 * time.Second

// judgeWindow returns a broken promise if messages were lost although no server was out of
// reach for as long as the replay window, and all that was published fits into it.
func (w *world) judgeWindow(accounts []result.Account) []string {
	lost := accounts[len(accounts)-1].ReportedLost
	if lost == 0 || outage(w.s)+repairTime >= w.s.Mesh.ReplayAge.D() || offered(w.s) >= float64(w.s.Mesh.ReplayBytes) {
		return nil
	}
	return []string{fmt.Sprintf("%d messages were lost, although the replay window was long enough", lost)}
}

// separates reports whether an act can keep two servers apart, or make a receiver so slow
// that it looks like that.
func separates(do scenario.Act) bool {
	return !slices.Contains([]scenario.Act{scenario.Kill, scenario.PowerLoss, scenario.Restart, scenario.RollingRestart, scenario.JoinAct, scenario.Churn}, do)
}

// outage returns the longest time for which faults may keep servers apart. Faults that
// follow each other within repairTime count as one.
func outage(s *scenario.Scenario) time.Duration {
	type span struct{ from, to time.Duration }
	var spans []span
	for _, f := range s.Faults {
		if separates(f.Do) {
			spans = append(spans, span{f.At.D(), s.End(f)})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.from - b.from) })
	longest := time.Duration(0)
	for i := 0; i < len(spans); {
		all := spans[i]
		for i++; i < len(spans) && spans[i].from <= all.to+repairTime; i++ {
			all.to = max(all.to, spans[i].to)
		}
		longest = max(longest, all.to-all.from)
	}
	return longest
}

// offered returns about how many bytes are published in all, at the most.
func offered(s *scenario.Scenario) float64 {
	const overhead = 100 // of a record
	bytes := 0.0
	for _, a := range s.Applications {
		for _, l := range a.Load {
			length := s.Duration.D() - l.At.D()
			if l.For > 0 {
				length = min(length, l.For.D())
			}
			rate := max(l.Rate, l.Ramp)
			for _, p := range l.Trace {
				rate = max(rate, p.Rate)
			}
			bytes += (2*rate*length.Seconds() + 10*float64(l.Burst)) * (float64(l.Size.Max) + overhead)
		}
	}
	for _, f := range s.Faults {
		if f.Do == scenario.FloodAct {
			nodes, _ := s.Select(f.Nodes...)
			bytes += 2 * f.Rate * float64(len(nodes)) * (s.End(f) - f.At.D()).Seconds() * (float64(max(f.Size.Max, 256)) + overhead)
		}
	}
	return bytes
}
