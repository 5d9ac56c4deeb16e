package account

import (
	"time"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// Bounds on the distributions that are kept in addition to that of all deliveries.
const (
	mostRegions = 12
	mostFaults  = 20
	// shadow is how long after its beginning a fault without a length counts.
	shadow = 5 * time.Second
)

// parts are the delivery times of parts of the messages.
type parts struct {
	count  int         // regions
	pairs  []histogram // from one region to another; nil: there is one region, or too many
	faults []part      // of the scenario, in its order, up to mostFaults
}

// A part is the messages that were published in a time.
type part struct {
	from, to time.Duration
	took     histogram
}

func newParts(s *scenario.Scenario) parts {
	p := parts{count: len(s.Regions)}
	if p.count > 1 && p.count <= mostRegions {
		p.pairs = make([]histogram, p.count*p.count)
	}
	for _, f := range s.Faults[:min(len(s.Faults), mostFaults)] {
		p.faults = append(p.faults, part{from: f.At.D(), to: max(s.End(f), f.At.D()+shadow)})
	}
	return p
}

// add records a delivery from one region to another.
func (p *parts) add(from, to int, at, took time.Duration) {
	if p.pairs != nil {
		p.pairs[from*p.count+to].add(took)
	}
	for i := range p.faults {
		if f := &p.faults[i]; at >= f.from && at < f.to {
			f.took.add(took)
		}
	}
}

// pairLatencies returns the times from each region to each region that had any.
func (p *parts) pairLatencies(s *scenario.Scenario) []result.Road {
	var roads []result.Road
	for i := range p.pairs {
		if p.pairs[i].count > 0 {
			roads = append(roads, result.Road{Name: s.Regions[i/p.count].Name + " to " + s.Regions[i%p.count].Name, Latency: p.pairs[i].latency()})
		}
	}
	return roads
}

// faultLatency returns the times of the messages published while a fault lasted.
func (p *parts) faultLatency(i int) result.Latency {
	if i >= len(p.faults) {
		return result.Latency{}
	}
	return p.faults[i].took.latency()
}

// classLatencies returns the times of each class, if there are several.
func (b *Book) classLatencies() []result.Road {
	var roads []result.Road
	for _, c := range scenario.Classes {
		if a := b.classes[c]; a != nil && len(b.classes) > 1 {
			roads = append(roads, result.Road{Name: string(c), Latency: a.took.latency()})
		}
	}
	return roads
}
