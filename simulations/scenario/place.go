package scenario

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Nodes is how many nodes there are at the beginning.
func (s *Scenario) Nodes() int {
	n := 0
	for _, r := range s.Regions {
		n += r.Nodes
	}
	return n
}

// RegionOf is the index of the region of a node, both counted from 0. Nodes that a
// fault lets join have numbers above Nodes; their region is Joins's.
func (s *Scenario) RegionOf(node int) int {
	for i, r := range s.Regions {
		if node -= r.Nodes; node < 0 {
			return i
		}
	}
	for _, j := range s.Joins() {
		if node--; node < 0 {
			return j.Region
		}
	}
	return 0
}

// A Join is a node that comes later.
type Join struct {
	At     time.Duration
	Region int
}

// Joins are the nodes that come later, in the order of their numbers, the first of
// which is Nodes.
func (s *Scenario) Joins() []Join {
	var joins []Join
	for _, f := range s.Faults {
		for range f.Count {
			if f.Do == JoinAct {
				joins = append(joins, Join{f.At.D(), max(0, s.region(f.Region))})
			}
		}
	}
	return joins
}

// Members are the nodes that an application runs on, in rising order, with those that join
// later: they run it if it names no nodes, or "all", or their region.
func (s *Scenario) Members(a Application) []int {
	nodes, _ := s.Select(a.Nodes...) // the scenario was checked
	for i, j := range s.Joins() {
		if s.takes(a, j.Region) {
			nodes = append(nodes, s.Nodes()+i)
		}
	}
	return nodes
}

// takes tells whether an application runs on nodes that join in a region.
func (s *Scenario) takes(a Application, region int) bool {
	return len(a.Nodes) == 0 || slices.ContainsFunc(a.Nodes, func(sel Selector) bool {
		for part := range strings.SplitSeq(string(sel), "+") {
			if part = strings.TrimSpace(part); part == "all" || part == s.Regions[region].Name {
				return true
			}
		}
		return false
	})
}

// welcome tells whether any application runs on nodes that join in a region.
func (s *Scenario) welcome(region int) bool {
	return slices.ContainsFunc(s.Applications, func(a Application) bool { return s.takes(a, region) })
}

var regionName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// region is the index of a region; -1 if there is none of the name.
func (s *Scenario) region(name string) int {
	return slices.IndexFunc(s.Regions, func(r Region) bool { return r.Name == name })
}

func (s *Scenario) regionNames() string {
	var names []string
	for _, r := range s.Regions {
		names = append(names, r.Name)
	}
	return strings.Join(names, ", ")
}

// Select returns the nodes that any of the selectors names, counted from 0, in rising
// order; all of the beginning if there is no selector.
func (s *Scenario) Select(of ...Selector) ([]int, error) {
	if len(of) == 0 {
		of = []Selector{"all"}
	}
	var nodes []int
	for _, sel := range of {
		for part := range strings.SplitSeq(string(sel), "+") {
			some, err := s.selectOne(strings.TrimSpace(part))
			if err != nil {
				return nil, err
			}
			nodes = append(nodes, some...)
		}
	}
	slices.Sort(nodes)
	return slices.Compact(nodes), nil
}

func (s *Scenario) selectOne(part string) ([]int, error) {
	if part == "all" {
		return upTo(0, s.Nodes()), nil
	}
	if r := s.region(part); r >= 0 {
		first := 0
		for _, before := range s.Regions[:r] {
			first += before.Nodes
		}
		return upTo(first, first+s.Regions[r].Nodes), nil
	}
	from, to, two := strings.Cut(part, "-")
	if !two {
		to = from
	}
	low, err := strconv.Atoi(from)
	high, err2 := strconv.Atoi(to)
	if err != nil || err2 != nil {
		return nil, fmt.Errorf("%q names no nodes; write a number, a range like 1-5, all, or a region: %s", part, s.regionNames())
	}
	if low < 1 || high < low || high > s.Nodes() {
		return nil, fmt.Errorf("%q is not within the nodes 1-%d", part, s.Nodes())
	}
	return upTo(low-1, high), nil
}

func upTo(from, to int) []int {
	nodes := make([]int, 0, to-from)
	for i := from; i < to; i++ {
		nodes = append(nodes, i)
	}
	return nodes
}

// A Path is what the way from one node to another is like.
type Path struct {
	Latency   Range
	Jitter    time.Duration
	Loss      float64   // 0 to 1, of packets
	Bandwidth Bandwidth // of one connection; 0 is no limit but the nodes' own
}

// Path returns the path between nodes of two regions.
func (s *Scenario) Path(a, b int) Path {
	n := s.Network
	var limit Bandwidth
	if a == b {
		n = s.Regions[a].Network.or(n)
	}
	for _, l := range s.Links {
		x, y := s.region(l.Between[0]), s.region(l.Between[1])
		if x == a && y == b || x == b && y == a {
			n = l.Network.or(n)
			if l.Bandwidth != nil {
				limit = *l.Bandwidth
			}
		}
	}
	return Path{*n.Latency, n.Jitter.D(), float64(*n.Loss), limit}
}

// NodeBandwidth is that of a node's own connection to the network.
func (s *Scenario) NodeBandwidth(node int) Bandwidth {
	return *s.Regions[s.RegionOf(node)].Network.or(s.Network).Bandwidth
}
