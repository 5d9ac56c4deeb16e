package account

import (
	"fmt"
	"time"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// A node is the state of one node in the account.
type node struct {
	life    int // its last process; -1: it has never started
	clients int // of all applications that run on it
	outage  int // index in Book.outages of the present outage; -1: none
	ready   bool
}

// An outage is a time in which a node had no ready process.
type outage struct {
	node     int
	from, to time.Duration
	over     bool
}

func newNodes(s *scenario.Scenario) []node {
	nodes := make([]node, s.Nodes()+len(s.Joins()))
	for i := range nodes {
		nodes[i].life, nodes[i].outage = -1, -1
	}
	for _, a := range s.Applications {
		for _, n := range s.Members(a) {
			nodes[n].clients += a.Clients
		}
	}
	return nodes
}

// away records that a node's process has ended. A process that ended before it was ready
// had no clients: the previous outage continues.
func (b *Book) away(n int) {
	wasReady := b.nodes[n].ready
	b.nodes[n].ready = false
	if wasReady && b.nodes[n].outage < 0 {
		b.nodes[n].outage = len(b.outages)
		b.outages = append(b.outages, outage{node: n, from: b.now()})
	}
}

// back records that a node's process is ready.
func (b *Book) back(n int) {
	b.nodes[n].ready = true
	if i := b.nodes[n].outage; i >= 0 {
		b.outages[i].to, b.outages[i].over = b.now(), true
		b.nodes[n].outage = -1
	}
}

// availability sums up what servers and clients missed while the load ran.
func (b *Book) availability() result.Availability {
	load := b.s.Duration.D()
	a := result.Availability{}
	down := map[int]bool{}
	var outages, away histogram
	total := time.Duration(0)
	for _, o := range b.outages {
		atEnd := !o.over || o.to > load
		if o.from >= load || !atEnd && o.to <= 0 {
			continue
		}
		if atEnd {
			o.to = load
			a.DownAtEnd++
			a.Users.AwayAtEnd += b.nodes[o.node].clients
		}
		took, clients := o.to-max(o.from, 0), b.nodes[o.node].clients
		down[o.node] = true
		outages.add(took)
		away.addMany(took, uint32(clients))
		a.Users.Disconnects += uint64(clients)
		total += took * time.Duration(clients)
	}
	a.Down, a.Outage, a.Users.Away = len(down), outages.latency(), away.latency()
	for i, n := range b.nodes {
		if n.life >= 0 {
			a.Servers++
		}
		if i < b.s.Nodes() {
			a.Users.Clients += n.clients
		}
	}
	if all := float64(a.Users.Clients) * float64(load); all > 0 {
		a.Users.AwayShare = min(1, float64(total)/all)
	}
	unreachable(b.s, &a)
	return a
}

// unreachable fills in which servers the faults of the scenario stop or cut off.
func unreachable(s *scenario.Scenario, a *result.Availability) {
	nodes := s.Nodes()
	a.AllPaths = nodes * (nodes - 1) / 2
	cutOff, paused := make([]bool, nodes), make([]bool, nodes)
	for _, f := range s.Faults {
		lasts := (s.End(f) - f.At.D()).Seconds()
		if f.Do == scenario.Pause {
			selected, _ := s.Select(f.Nodes...) // a complete scenario's selectors name nodes
			for _, n := range selected {
				paused[n] = true
			}
			a.PauseSeconds = max(a.PauseSeconds, lasts)
			continue
		}
		lost := lostPeers(s, f)
		paths := 0
		for n, peers := range lost {
			cutOff[n] = cutOff[n] || 2*peers > nodes-1
			paths += peers
		}
		if paths > 0 {
			a.CutPaths = max(a.CutPaths, paths/2)
			a.CutSeconds = max(a.CutSeconds, lasts)
		}
	}
	a.CutOff, a.Paused = count(cutOff), count(paused)
}

// lostPeers returns how many others each node cannot reach during a fault; nil if all can
// be reached.
func lostPeers(s *scenario.Scenario, f scenario.Fault) []int {
	var groups []scenario.Selector
	switch {
	case f.Do == scenario.Partition:
		groups = f.Groups
	case f.Do == scenario.Cut, f.Do == scenario.Degrade && f.Loss != nil && *f.Loss >= 1:
		if groups = f.Between; len(groups) == 0 {
			return lostAlone(s, f)
		}
	default:
		return nil
	}
	in := make([][]int, s.Nodes()) // the groups of each node
	for i, g := range groups {
		selected, _ := s.Select(g)
		for _, n := range selected {
			in[n] = append(in[n], i)
		}
	}
	sizes := map[string]int{} // how many nodes are in the same groups
	for _, of := range in {
		sizes[fmt.Sprint(of)]++
	}
	lost := make([]int, s.Nodes())
	for n, of := range in {
		if len(of) > 0 {
			lost[n] = apart(sizes, of)
		}
	}
	return lost
}

// apart is how many nodes are in another group than a node that is in the groups of.
func apart(sizes map[string]int, of []int) int {
	own, none, lost := fmt.Sprint(of), fmt.Sprint([]int(nil)), 0
	for groups, n := range sizes {
		switch {
		case groups == none:
		case groups != own:
			lost += n
		case len(of) > 1: // its groups are cut from each other
			lost += n - 1
		}
	}
	return lost
}

// lostAlone is lostPeers for nodes that lose all of their paths.
func lostAlone(s *scenario.Scenario, f scenario.Fault) []int {
	selected, _ := s.Select(f.Nodes...)
	lost := make([]int, s.Nodes())
	for n := range lost {
		lost[n] = len(selected)
	}
	for _, n := range selected {
		lost[n] = s.Nodes() - 1
	}
	return lost
}

func count(set []bool) int {
	n := 0
	for _, v := range set {
		if v {
			n++
		}
	}
	return n
}
