package virtual

import (
	"math"
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// A path is the way between two hosts, at present.
type path struct {
	base   time.Duration // to the other side
	jitter time.Duration
	loss   float64
	perB   float64 // nanoseconds a byte, of one connection; 0: no limit of its own
	limit  float64 // bits a second that the scenario gives each connection; 0: none
	dead   bool    // nothing passes
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

// A cut is two sets of nodes that do not reach each other; one way, what a sends does
// not reach b.
type cut struct {
	a, b   map[int]bool
	oneWay bool
	since  time.Duration
}

// degraded paths are worse than the scenario has them at first: those between a and
// b, or all those of a if b is nil; one way, those from a to b.
type degraded struct {
	cut
	to scenario.Network
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

// touches reports whether a cut concerns what x sends to y.
func (c *cut) touches(x, y int) bool {
	if c.b == nil {
		return c.a[x] || c.a[y]
	}
	return c.a[x] && c.b[y] || !c.oneWay && c.a[y] && c.b[x]
}

// swallows reports whether degraded paths lose every packet.
func (d *degraded) swallows() bool { return d.to.Loss != nil && *d.to.Loss >= 1 }

// cut reports whether nothing passes between two hosts, in one direction at least, and
// since when.
func (p *paths) cut(x, y *host) (since time.Duration, is bool) {
	note := func(c *cut) {
		if c.touches(x.node, y.node) || c.touches(y.node, x.node) {
			if !is || c.since < since {
				since = c.since
			}
			is = true
		}
	}
	for _, c := range p.cuts {
		note(c)
	}
	for _, d := range p.degraded {
		if d.swallows() {
			note(&d.cut)
		}
	}
	return since, is || x.off || y.off
}

// broken reports whether there is a cut anywhere.
func (p *paths) broken() bool {
	return len(p.cuts) > 0 || slices.ContainsFunc(p.degraded, (*degraded).swallows)
}

// between is the path from one host to another.
func (p *paths) between(x, y *host) path {
	sp := p.regions[x.region][y.region]
	for _, d := range p.degraded {
		if d.touches(x.node, y.node) {
			d.change(&sp)
		}
	}
	r := path{base: sp.Latency.Of(p.seed, x.node, y.node), jitter: sp.Jitter, loss: sp.Loss, limit: float64(sp.Bandwidth)}
	r.dead = sp.Loss >= 1 || x.off || y.off || slices.ContainsFunc(p.cuts, func(c *cut) bool { return c.touches(x.node, y.node) })
	if sp.Bandwidth > 0 {
		r.perB = 8e9 / float64(sp.Bandwidth)
	}
	if r.loss > 0 { // what TCP keeps up with that loss: Mathis et al., 1997
		rate := segment * 1.22 / (max(r.roundTrip(), 100*time.Microsecond).Seconds() * math.Sqrt(r.loss))
		r.perB = max(r.perB, 1e9/rate)
	}
	return r
}

// change makes a path as the fault has it.
func (d *degraded) change(sp *scenario.Path) {
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
