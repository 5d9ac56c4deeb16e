package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// fault checks that a fault has what its act needs.
func (c *checker) fault(path string, f Fault) {
	if f.At >= c.s.Duration {
		c.wrong(path, "it happens at %v, when the load is over; make at: earlier or duration: longer", f.At)
	}
	if f.Every < leastEvery {
		c.wrong(path+".every", "%v is too short; make it at least %v", f.Every, leastEvery)
	}
	for _, of := range [][]Selector{f.Nodes, f.Between, f.Groups} {
		if len(of) > 0 {
			c.selected(path, of)
		}
	}
	needNodes := func(example string) {
		if len(f.Nodes) == 0 {
			c.wrong(path, "%s needs nodes; add nodes: %s", f.Do, example)
		}
	}
	switch f.Do {
	case Cut:
		c.between(path, f)
	case Degrade:
		if len(f.Nodes) == 0 {
			c.between(path, f)
		}
		if f.Network == (Network{}) {
			c.wrong(path, "degrade says nothing of how; add latency, jitter, loss or bandwidth")
		}
	case Partition:
		if len(f.Groups) < 2 {
			c.wrong(path, "a partition needs two groups of nodes; add groups: [1-5, 6-10]")
		}
	case Kill, Pause, Restart:
		needNodes("[3]")
	case JoinAct:
		if f.Count < 1 || f.Count > MaxNodes {
			c.wrong(path, "join needs to know how many; add count: 50")
		}
		if f.Region != "" && c.s.region(f.Region) < 0 {
			c.wrong(path+".region", "there is no region %q; the regions are %s", f.Region, c.s.regionNames())
		}
	case Slow:
		needNodes("[3]")
		if f.Bandwidth == nil {
			c.wrong(path, "slow needs to know how slow; add bandwidth: 1Mbit")
		}
	case FloodAct:
		needNodes("[3]")
		if !(f.Rate > 0 && f.Rate <= 1e6) {
			c.wrong(path, "flood needs a rate of messages a second; add rate: 5000")
		}
	case RollingRestart, Churn:
	default:
		c.wrong(path, "do: %q is none of %s", f.Do, actNames())
	}
}

func (c *checker) between(path string, f Fault) {
	if len(f.Between) != 2 {
		c.wrong(path, "%s needs two sets of nodes; add between: [1, 2]", f.Do)
	}
}

func actNames() string {
	var names []string
	for _, a := range Acts {
		names = append(names, string(a))
	}
	return strings.Join(names, ", ")
}

// describe names the fault for people.
func (f Fault) describe() string {
	join := func(of []Selector, sep string) string {
		var s []string
		for _, o := range of {
			s = append(s, string(o))
		}
		return strings.Join(s, sep)
	}
	words := []string{string(f.Do)}
	switch {
	case f.Do == JoinAct:
		words = append(words, fmt.Sprint(f.Count), f.Region)
	case len(f.Between) > 0:
		words = append(words, join(f.Between, " | "))
	case len(f.Groups) > 0:
		words = append(words, join(f.Groups, " | "))
	case len(f.Nodes) > 0:
		words = append(words, join(f.Nodes, " "))
	}
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}
