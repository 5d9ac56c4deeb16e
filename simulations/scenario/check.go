package scenario

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// fault checks that a fault has what its act needs.
func (c *checker) fault(path string, f Fault) {
	if f.At >= c.s.Duration {
		c.wrong(path, "it happens at %v, when the load is over; make at: earlier or duration: longer", f.At)
	}
	c.unused(path, f)
	if f.Do.uses("every") && f.Every < leastEvery {
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
		} else if len(f.Between) > 0 {
			c.wrong(path, "degrade is of all paths of nodes, or of those between two sets; take nodes: or between: out")
		}
		if f.Network == (Network{}) {
			c.wrong(path, "degrade says nothing of how; add latency, jitter, loss or bandwidth")
		}
	case Partition:
		if len(f.Groups) < 2 {
			c.wrong(path, "a partition needs two groups of nodes; add groups: [1-5, 6-10]")
		}
		c.apart(path+".groups", f.Groups)
	case Kill, PowerLoss, Pause, Restart:
		needNodes("[3]")
	case JoinAct:
		if f.Count < 1 || f.Count > MaxNodes {
			c.wrong(path, "join needs to know how many; add count: 50")
		}
		if f.Region != "" && c.s.region(f.Region) < 0 {
			c.wrong(path+".region", "there is no region %q; the regions are %s", f.Region, c.s.regionNames())
		} else if !c.s.welcome(max(0, c.s.region(f.Region))) {
			c.wrong(path, "no application runs on nodes that join there; give one no nodes:, or the region's name among them")
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
		c.wrong(path, "do: %q is none of %s; %s", f.Do, actNames(), likely(string(f.Do), strings.Split(actNames(), ", "), "write one of them"))
	}
}

func (c *checker) between(path string, f Fault) {
	if len(f.Between) != 2 {
		c.wrong(path, "%s needs two sets of nodes; add between: [1, 2]", f.Do)
		return
	}
	a, _ := c.s.Select(f.Between[0]) // what names no nodes has been told
	b, _ := c.s.Select(f.Between[1])
	if len(a) == 1 && slices.Equal(a, b) {
		c.wrong(path+".between", "there is no path from node %d to itself; name another", a[0]+1)
	}
}

// apart checks that no node is in two groups.
func (c *checker) apart(path string, groups []Selector) {
	in := map[int]Selector{}
	for _, g := range groups {
		nodes, _ := c.s.Select(g)
		for _, n := range nodes {
			if other, ok := in[n]; ok {
				c.wrong(path, "node %d is in both %s and %s; put each node into one group", n+1, other, g)
				return
			}
			in[n] = g
		}
	}
}

// unused checks that everything said of a fault has a meaning for what it does.
func (c *checker) unused(path string, f Fault) {
	if !slices.Contains(Acts, f.Do) {
		return
	}
	for _, key := range setKeys(reflect.ValueOf(f)) {
		if !f.Do.uses(key) {
			c.wrong(path, "%s has no %s; take it out, or choose another do:", f.Do, key)
		}
	}
}

// setKeys are the keys of the fields that are not zero.
func setKeys(v reflect.Value) []string {
	var keys []string
	for i := range v.NumField() {
		switch name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ","); {
		case v.Field(i).IsZero():
		case name == "":
			keys = append(keys, setKeys(v.Field(i))...)
		default:
			keys = append(keys, name)
		}
	}
	return keys
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
