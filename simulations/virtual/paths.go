package virtual

import (
	"math"
	"time"

	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// A path is the way between two hosts, at present.
type path struct {
	base   time.Duration // to the other side
	jitter time.Duration
	loss   float64
	perB   float64 // nanoseconds a byte, of one connection; 0: no limit of its own
}

func (p path) roundTrip() time.Duration { return 2*p.base + p.jitter }

// paths knows every path, and what is wrong with it.
type paths struct {
	seed     uint64
	hosts    func(int) int     // region of a node
	regions  [][]scenario.Path // by region and region
	cuts     []*cut
	degraded []*degraded
}

// A cut is two sets of nodes that do not reach each other.
type cut struct{ a, b map[int]bool }

// degraded paths are worse than the scenario has them at first: those between a and
// b, or all those of a if b is nil.
type degraded struct {
	a, b map[int]bool
	to   scenario.Network
}

func newPaths(s *scenario.Scenario) paths {
	p := paths{seed: s.Seed, hosts: s.RegionOf}
	for a := range s.Regions {
		var row []scenario.Path
		for b := range s.Regions {
			row = append(row, s.Path(a, b))
		}
		p.regions = append(p.regions, row)
	}
	return p
}

func matches(a, b map[int]bool, x, y int) bool {
	if b == nil {
		return a[x] || a[y]
	}
	return a[x] && b[y] || a[y] && b[x]
}

// cut tells whether nothing passes between two hosts.
func (p *paths) cut(x, y *host) bool {
	for _, c := range p.cuts {
		if matches(c.a, c.b, x.node, y.node) {
			return true
		}
	}
	return false
}

func (p *paths) between(x, y *host) path {
	sp := p.regions[x.region][y.region]
	for _, d := range p.degraded {
		if !matches(d.a, d.b, x.node, y.node) {
			continue
		}
		if d.to.Latency != nil {
			sp.Latency = *d.to.Latency
		}
		if d.to.Jitter != nil {
			sp.Jitter = d.to.Jitter.D()
		}
		if d.to.Loss != nil {
			sp.Loss = float64(*d.to.Loss)
		}
		if d.to.Bandwidth != nil {
			sp.Bandwidth = *d.to.Bandwidth
		}
	}
	r := path{base: sp.Latency.Of(p.seed, x.node, y.node), jitter: sp.Jitter, loss: sp.Loss}
	if sp.Bandwidth > 0 {
		r.perB = 8e9 / float64(sp.Bandwidth)
	}
	if r.loss > 0 { // what TCP keeps up with that loss: Mathis et al., 1997
		rate := segment * 1.22 / (max(r.roundTrip(), 100*time.Microsecond).Seconds() * math.Sqrt(r.loss))
		r.perB = max(r.perB, 1e9/rate)
	}
	return r
}
