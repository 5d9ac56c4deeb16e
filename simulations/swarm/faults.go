package swarm

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// faults draws what happens to the mesh: first which kinds of faults there are, then
// faults of these kinds. With all kinds in every scenario, the common ones would hide
// what the rare ones do.
func (d *drawer) faults() {
	kinds := slices.DeleteFunc(slices.Clone(scenario.Acts), func(scenario.Act) bool { return d.chance(0.6) })
	if len(kinds) == 0 || d.chance(0.05) {
		return
	}
	for range d.between(1, one(d, 2, 4, 9)) {
		d.s.Faults = append(d.s.Faults, d.fault(one(d, kinds...)))
	}
}

// moment returns a time before an end, in steps of 10 ms.
func (d *drawer) moment(end scenario.Duration) scenario.Duration {
	return scenario.Duration(time.Duration(d.r.Int64N(int64(end))).Truncate(10 * time.Millisecond))
}

// fault draws a fault of one kind.
func (d *drawer) fault(do scenario.Act) scenario.Fault {
	f := scenario.Fault{At: d.moment(d.s.Duration), Do: do}
	if do.Lasts() && !d.chance(0.05) {
		f.For = one(d, d.seconds(1, 5), d.seconds(3, 20), d.seconds(10, 60))
	}
	switch do {
	case scenario.Cut:
		f.Between, f.Reset, f.OneWay = d.pair(), d.chance(0.3), d.chance(0.2)
	case scenario.Partition:
		f.Groups, f.Reset = d.parts(), d.chance(0.3)
	case scenario.Degrade:
		d.degrade(&f)
	case scenario.Kill, scenario.PowerLoss, scenario.Pause:
		f.Nodes = d.some(1)
	case scenario.Restart:
		f.Nodes, f.Down, f.Reset = d.some(1), d.down(), d.chance(0.5)
	case scenario.RollingRestart:
		f.Every, f.Down, f.Reset = one(d, d.seconds(1, 3), d.seconds(2, 8)), d.down(), d.chance(0.5)
	case scenario.JoinAct:
		f.Count, f.Region = d.between(1, 6), one(d, d.s.Regions...).Name
	case scenario.Churn:
		f.Every, f.Down = one(d, d.seconds(1, 2), d.seconds(2, 8)), d.down()
	case scenario.Slow:
		f.Nodes, f.Bandwidth = d.some(1), ptr(one[scenario.Bandwidth](d, 200e3, 1e6, 10e6))
	case scenario.FloodAct:
		f.Nodes, f.For = d.some(1), d.seconds(1, 5)
		f.Rate = float64(min(2000, maxDeliveries/2/(d.s.Nodes()*d.s.Nodes()*5)) + 1)
	}
	return f
}

// down draws how long a server is away.
func (d *drawer) down() scenario.Duration {
	return one(d, 10*scenario.Duration(time.Millisecond), d.seconds(1, 3), d.seconds(3, 15))
}

// degrade draws which paths get worse, and how.
func (d *drawer) degrade(f *scenario.Fault) {
	if d.s.Nodes() > 1 && d.chance(0.5) {
		f.Between, f.OneWay = d.pair(), d.chance(0.2)
	} else {
		f.Nodes = d.some(1)
	}
	for f.Network == (scenario.Network{}) {
		f.Network = d.paths(0.6)
	}
	if d.chance(0.2) {
		f.Loss = ptr(one[scenario.Share](d, 0.2, 0.5, 1))
	}
}

// pair draws two sets of servers without a common one.
func (d *drawer) pair() []scenario.Selector {
	parts := d.parts()
	return parts[:2]
}

// parts draws two or three sets of servers without a common one. They need not have all.
func (d *drawer) parts() []scenario.Selector {
	order := d.r.Perm(d.s.Nodes())
	if d.chance(0.5) { // one server against the others
		return []scenario.Selector{selector(order[:1]), selector(order[1:])}
	}
	count := min(len(order), one(d, 2, 2, 3))
	sets := make([][]int, count)
	for i, node := range order {
		switch part := d.r.IntN(count + 1); {
		case i < count:
			sets[i] = append(sets[i], node)
		case part < count:
			sets[part] = append(sets[part], node)
		}
	}
	var parts []scenario.Selector
	for _, set := range sets {
		parts = append(parts, selector(set))
	}
	return parts
}

// some draws a set of servers, of a least number at least. Small sets are likelier.
func (d *drawer) some(least int) []scenario.Selector {
	if d.chance(0.1) {
		return []scenario.Selector{"all"}
	}
	n := min(d.s.Nodes(), max(least, one(d, 1, 1, 2, 3, d.s.Nodes()/2)))
	return []scenario.Selector{selector(d.r.Perm(d.s.Nodes())[:n])}
}

// selector names servers, counted from 0.
func selector(nodes []int) scenario.Selector {
	nodes = slices.Clone(nodes)
	slices.Sort(nodes)
	var parts []string
	for i := 0; i < len(nodes); {
		j := i
		for j+1 < len(nodes) && nodes[j+1] == nodes[j]+1 {
			j++
		}
		part := fmt.Sprint(nodes[i] + 1)
		if j > i {
			part += fmt.Sprintf("-%d", nodes[j]+1)
		}
		parts = append(parts, part)
		i = j + 1
	}
	return scenario.Selector(strings.Join(parts, "+"))
}
