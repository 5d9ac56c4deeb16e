package measure

import (
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// A sighting is the report of one process of a measurement. Times are Unix
// nanoseconds: all processes have one clock.
type sighting struct {
	Node     int        `json:"node"`
	Started  int64      `json:"started"`
	Alive    [][2]int64 `json:"alive"`    // time and number of other servers known, at each change
	Lost     uint64     `json:"lost"`     // as reported to it
	Received [][2]int64 `json:"received"` // when each message was sent, and when it came
	Noticed  []notice   `json:"noticed"`
}

// A notice is that a process suspects another one, or counts it as gone.
type notice struct {
	Node  int    `json:"node"`
	State string `json:"state"`
	At    int64  `json:"at"`
}

// An outage is a fault that made nodes unreachable.
type outage struct {
	begin, end int64 // Unix nanoseconds; end 0: it did not end
	lost       func(by, of int) bool
}

// figures returns the figures of all sightings.
func figures(seen []sighting, outages []outage, late time.Duration) Figures {
	var took, joins, suspects, detects, heals []time.Duration
	for _, s := range seen {
		if d, ok := joined(s, seen); ok {
			joins = append(joins, d)
		}
		for _, r := range s.Received {
			took = append(took, time.Duration(r[1]-r[0]))
		}
		for _, o := range outages {
			if healed := o.healed(s, late); healed > 0 {
				heals = append(heals, healed)
			}
			suspects = append(suspects, firsts(s, o, "suspect", "gone")...)
			detects = append(detects, firsts(s, o, "gone")...)
		}
	}
	f := Figures{}
	for figure, times := range map[Figure][]time.Duration{P50: took, Join: joins, Suspect: suspects, Detect: detects, Heal: heals} {
		if len(times) > 0 {
			f[figure] = at(times, 0.5)
		}
	}
	if len(took) > 0 {
		f[P99] = at(took, 0.99)
	}
	return f
}

// joined is how long a process took until it knew all others that had been started.
func joined(s sighting, seen []sighting) (time.Duration, bool) {
	for _, a := range s.Alive {
		living := int64(0)
		for _, o := range seen {
			if o.Started <= a[0] {
				living++
			}
		}
		if a[1] >= living-1 {
			return time.Duration(a[0] - s.Started), true
		}
	}
	return 0, false
}

// healed returns the time from the end of the outage until a process has the last late message
// that was published during the outage; 0 if none was late.
func (o outage) healed(s sighting, late time.Duration) (d time.Duration) {
	for _, r := range s.Received {
		sent, came := r[0], r[1]
		if o.end > 0 && sent >= o.begin && sent < o.end && came > o.end && time.Duration(came-sent) > late {
			d = max(d, time.Duration(came-o.end))
		}
	}
	return d
}

// firsts are the times from the beginning of an outage until a process noticed each of the
// nodes that it could not reach, by the first of some states.
func firsts(s sighting, o outage, states ...string) (times []time.Duration) {
	seen := map[int]bool{}
	for _, n := range s.Noticed {
		if o.lost == nil || seen[n.Node] || n.At < o.begin || o.end > 0 && n.At > o.end || !o.lost(s.Node, n.Node) || !slices.Contains(states, n.State) {
			continue
		}
		seen[n.Node] = true
		times = append(times, time.Duration(n.At-o.begin))
	}
	return times
}

// at is a percentile in milliseconds.
func at(times []time.Duration, share float64) float64 {
	slices.Sort(times)
	return times[min(len(times)-1, int(share*float64(len(times))))].Seconds() * 1e3
}

// unreachable returns a function that reports whether a fault separates two nodes.
func unreachable(s *scenario.Scenario, f scenario.Fault) func(by, of int) bool {
	in := func(sel ...scenario.Selector) map[int]bool {
		set := map[int]bool{}
		nodes, _ := s.Select(sel...) // the scenario was checked
		for _, n := range nodes {
			set[n] = true
		}
		return set
	}
	switch f.Do {
	case scenario.Cut:
		a, b := in(f.Between[0]), in(f.Between[1])
		return func(by, of int) bool { return a[by] && b[of] || a[of] && b[by] }
	case scenario.Partition:
		side := map[int]int{}
		for i, g := range f.Groups {
			for n := range in(g) {
				side[n] = i + 1
			}
		}
		return func(by, of int) bool { return side[by] > 0 && side[of] > 0 && side[by] != side[of] }
	}
	gone := in(f.Nodes...)
	return func(by, of int) bool { return gone[of] && !gone[by] }
}
