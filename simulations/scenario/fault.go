package scenario

import (
	"slices"
	"time"
)

// An Act is what a fault does.
type Act string

// The acts, and which fields of Fault they use besides At.
const (
	// Cut makes the paths between Between[0] and Between[1] carry nothing, for For.
	// With Reset, connections end at once; without, they are black holes.
	Cut Act = "cut"
	// Degrade gives the paths between Between[0] and Between[1], or all paths of Nodes,
	// the set fields of Network, for For.
	Degrade Act = "degrade"
	// Partition cuts every path between two of Groups, for For. Reset as in Cut.
	Partition Act = "partition"
	// Kill ends Nodes as kill -9 does, for good.
	Kill Act = "kill"
	// PowerLoss ends Nodes together with their machines, which notify no other node. With For,
	// the machines boot after it as new lives; without, they stay away.
	PowerLoss Act = "power-loss"
	// Pause stops Nodes as SIGSTOP does, for For.
	Pause Act = "pause"
	// Restart makes Nodes leave in good order (with Reset: as kill -9 does) and come back
	// after Down as new lives.
	Restart Act = "restart"
	// RollingRestart does that with one of Nodes (none: all) after the other, Every apart.
	RollingRestart Act = "rolling-restart"
	// JoinAct adds Count nodes to the first region (or Region) at once.
	JoinAct Act = "join"
	// Churn kills a random node every Every and starts a new one in its place after Down,
	// for For.
	Churn Act = "churn"
	// Slow makes Nodes take what they receive at Bandwidth only, for For.
	Slow Act = "slow"
	// FloodAct makes Nodes broadcast Rate messages of Size a second each, for For.
	FloodAct Act = "flood"
)

// Acts are all of them.
var Acts = []Act{Cut, Degrade, Partition, Kill, PowerLoss, Pause, Restart, RollingRestart, JoinAct, Churn, Slow, FloodAct}

// keys are those of Fault that each act uses, besides at, do and label.
var keys = map[Act][]string{
	Cut:            {"for", "between", "one_way", "reset"},
	Degrade:        {"for", "between", "one_way", "nodes", "latency", "jitter", "loss", "bandwidth"},
	Partition:      {"for", "groups", "reset"},
	Kill:           {"nodes"},
	PowerLoss:      {"for", "nodes"},
	Pause:          {"for", "nodes"},
	Restart:        {"nodes", "down", "reset"},
	RollingRestart: {"nodes", "every", "down", "reset"},
	JoinAct:        {"count", "region"},
	Churn:          {"for", "nodes", "every", "down"},
	Slow:           {"for", "nodes", "bandwidth"},
	FloodAct:       {"for", "nodes", "rate", "size"},
}

// uses tells whether a key of Fault has a meaning for the act.
func (a Act) uses(key string) bool {
	return slices.Contains([]string{"at", "do", "label"}, key) || slices.Contains(keys[a], key)
}

// A Fault is something that happens to the mesh.
type Fault struct {
	// At is when it happens, from the beginning of the load. Default: at once.
	At Duration `yaml:"at,omitempty" json:"at"`
	// Do is what happens.
	Do Act `yaml:"do" json:"do"`
	// Label is what reports call it. Default: made of the rest.
	Label string `yaml:"label,omitempty" json:"label,omitempty"`
	// For is how long it lasts. Default: to the end of the run.
	For Duration `yaml:"for,omitempty" json:"for,omitempty"`

	// Nodes are who it happens to.
	Nodes []Selector `yaml:"nodes,omitempty" json:"nodes,omitempty"`
	// Between are two selectors: the paths from the nodes of one to those of the other.
	Between []Selector `yaml:"between,omitempty" json:"between,omitempty"`
	// OneWay makes a cut or a degradation concern only what the nodes of Between[0] send to
	// those of Between[1].
	OneWay bool `yaml:"one_way,omitempty" json:"one_way,omitempty"`
	// Groups are the parts of a partition, a selector each.
	Groups []Selector `yaml:"groups,omitempty" json:"groups,omitempty"`
	// Reset ends connections, or processes, at once instead of leaving them hanging, or in
	// good order.
	Reset bool `yaml:"reset,omitempty" json:"reset,omitempty"`
	// Down is how long a node is away. Default 1 s.
	Down Duration `yaml:"down,omitempty" json:"down,omitempty"`
	// Every is the pause between two nodes of a rolling restart or of churn. Default 5 s.
	Every Duration `yaml:"every,omitempty" json:"every,omitempty"`
	// Count is how many nodes join.
	Count int `yaml:"count,omitempty" json:"count,omitempty"`
	// Region is where they join. Default: the first.
	Region string `yaml:"region,omitempty" json:"region,omitempty"`
	// Rate is how many messages a second each node of a flood broadcasts.
	Rate float64 `yaml:"rate,omitempty" json:"rate,omitempty"`
	// Size is the payload of each message of a flood, in bytes. Default 256.
	Size Sizes `yaml:"size,omitempty" json:"size,omitzero"`

	Network `yaml:",inline"`
}

// Lasts tells whether the act goes on for some time.
func (a Act) Lasts() bool {
	return slices.Contains([]Act{Cut, Degrade, Partition, PowerLoss, Pause, Churn, Slow, FloodAct}, a)
}

// End is when a fault is over, in the time of the load.
func (s *Scenario) End(f Fault) time.Duration {
	switch {
	case f.Do == RollingRestart:
		nodes, _ := s.Select(f.Nodes...) // a complete scenario's selectors name nodes
		return f.At.D() + time.Duration(len(nodes)-1)*f.Every.D() + f.Down.D()
	case !f.Do.Lasts():
		return f.At.D()
	case f.For > 0:
		return f.At.D() + f.For.D()
	case f.Do == FloodAct: // it is part of the load
		return s.Duration.D()
	}
	return s.Duration.D() + s.Drain.D()
}

// A Selector names nodes: a number ("3"), a range ("1-5"), the name of a region,
// "all", or several of these, joined by "+".
type Selector string
