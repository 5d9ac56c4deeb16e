package scenario

import "math"

// A Scenario is one experiment. Its times count from the beginning of the load:
// before it the mesh forms for Warmup, after Duration nothing new is published and
// the mesh has Drain to deliver what is late.
type Scenario struct {
	// Name is what reports call it. Default: the file's name.
	Name     string `yaml:"name,omitempty" json:"name"`
	Question string `yaml:"question,omitempty" json:"question,omitempty"` // that it answers, in one line
	// Seed decides everything that is random. 0 means 1.
	Seed uint64 `yaml:"seed,omitempty" json:"seed,omitempty"`
	// Duration is how long messages are published. Default 60 s.
	Duration Duration `yaml:"duration,omitempty" json:"duration,omitempty"`
	// Warmup is how long the mesh has to form. Default 10 s.
	Warmup Duration `yaml:"warmup,omitempty" json:"warmup,omitempty"`
	// Drain is how long what is late may take. Default 20 s.
	Drain Duration `yaml:"drain,omitempty" json:"drain,omitempty"`
	// LateAfter is when a delivery counts as late. Default 1 s.
	LateAfter Duration `yaml:"late_after,omitempty" json:"late_after,omitempty"`
	// Vary makes several runs of it, to be compared: "nodes=3,10,30".
	Vary string `yaml:"vary,omitempty" json:"vary,omitempty"`

	// Network is every path that Links does not change.
	Network Network `yaml:"network,omitempty" json:"network"`
	// Regions hold the nodes, which are numbered from 1 in their order. None means one
	// of 10 nodes.
	Regions []Region `yaml:"regions,omitempty" json:"regions"`
	// Links are the paths between regions that differ from Network.
	Links []Link `yaml:"links,omitempty" json:"links,omitempty"`
	// Applications are what runs on the nodes. None means one whose nodes broadcast 10
	// messages a second in all.
	Applications []Application `yaml:"applications,omitempty" json:"applications"`
	// Mesh is the settings of the nodes. Default: the program's.
	Mesh Mesh `yaml:"mesh,omitempty" json:"mesh"`
	// Faults are what happens to the mesh.
	Faults []Fault `yaml:"faults,omitempty" json:"faults,omitempty"`
	// Expect lists the figures that the run has to achieve. None means that the promises of the mesh have to
	// hold, and nothing else.
	Expect Expect `yaml:"expect,omitempty" json:"expect,omitempty"`
}

// A Network is what paths are like. Values are for one direction.
type Network struct {
	// Latency is the time of a packet to the other side. Each pair of nodes draws its
	// own from the range. Default 0.2ms..1ms.
	Latency *Range `yaml:"latency,omitempty" json:"latency,omitempty"`
	// Jitter is what a packet may take longer, at random. Default 0.
	Jitter *Duration `yaml:"jitter,omitempty" json:"jitter,omitempty"`
	// Loss is the share of packets lost. TCP sends them again, so an application sees
	// a delay. Default 0.
	Loss *Share `yaml:"loss,omitempty" json:"loss,omitempty"`
	// Bandwidth is that of each node's own connection to the network, up and down each.
	// In Links it is that of each connection between two nodes. Default 1Gbit.
	Bandwidth *Bandwidth `yaml:"bandwidth,omitempty" json:"bandwidth,omitempty"`
}

// A Region is a place with nodes in it.
type Region struct {
	// Name is what links and selectors call it: letters, digits, - and _.
	Name string `yaml:"name" json:"name"`
	// Nodes is how many there are in it at the beginning.
	Nodes int `yaml:"nodes" json:"nodes"`
	// The paths within it, and its nodes' bandwidth.
	Network `yaml:",inline"`
}

// A Link is the paths between two regions, in both directions.
type Link struct {
	Between []string `yaml:"between" json:"between"` // two regions
	Network `yaml:",inline"`
}

// An Application is a set of nodes that exchange messages.
type Application struct {
	// Name is what reports call it.
	Name string `yaml:"name" json:"name"`
	// Nodes are those it runs on, as selectors, and those that join if "all" or their region
	// is among them. None means all.
	Nodes []Selector `yaml:"nodes,omitempty" json:"nodes,omitempty"`
	// Groups says how many there are and who is in them. It is needed by load for groups.
	Groups Groups `yaml:"groups,omitempty" json:"groups,omitempty"`
	// Clients are how many connections, each of a user of its own, each node has.
	// Default 1; only load for users and connections uses them.
	Clients int `yaml:"clients,omitempty" json:"clients,omitempty"`
	// Load is what is published. None means nothing: an idle mesh.
	Load []Load `yaml:"load,omitempty" json:"load,omitempty"`
}

// Groups are the groups of an application.
type Groups struct {
	// Count is how many groups there are.
	Count int `yaml:"count,omitempty" json:"count"`
	// Servers is how many nodes have members of a group, on average. Default 3.
	Servers float64 `yaml:"servers,omitempty" json:"servers,omitempty"`
	// Members is how many connections a group has on average, spread over the nodes at random.
	// It replaces Servers.
	Members int `yaml:"members,omitempty" json:"members,omitempty"`
	// Popularity is how messages and members spread over the groups: uniform (the default)
	// or zipf.
	Popularity Popularity `yaml:"popularity,omitempty" json:"popularity,omitempty"`
	// Skew is the exponent of Zipf, above 0 and at most 10: the larger, the more the first groups
	// have. Traces of real groups show 0.8 to 1.2. Default 1.1.
	Skew float64 `yaml:"skew,omitempty" json:"skew,omitempty"`
}

// ServersOf returns how many of n nodes have members of a group whose size is share times
// the average.
func (g Groups) ServersOf(n int, share float64) float64 {
	if g.Members == 0 {
		return g.Servers * share
	}
	return float64(n) * (1 - math.Pow(1-1/float64(n), float64(g.Members)*share))
}

// A Popularity says how something spreads.
type Popularity string

// The popularities.
const (
	Uniform Popularity = "uniform"
	Zipf    Popularity = "zipf"
)

// A Class is whom messages are for.
type Class string

// The classes of messages. Flood is what the fault of that name publishes, to all.
const (
	Broadcast  Class = "broadcast"  // every node
	Group      Class = "group"      // the nodes with members of one group
	User       Class = "user"       // the node with one user
	Connection Class = "connection" // the node with one connection
	Flood      Class = "flood"
)

// Classes are all of them, in the order of reports.
var Classes = []Class{Broadcast, Group, User, Connection, Flood}

// A Load is a stream of messages.
type Load struct {
	// To is whom the messages are for: all nodes, those with members of one group, or the one
	// with a user or a connection.
	To Class `yaml:"to" json:"to"`
	// Rate is messages a second, of all publishers together. It is not needed with Trace.
	Rate float64 `yaml:"rate,omitempty" json:"rate,omitempty"`
	// Ramp is the rate at the end of the load: the rate changes evenly from Rate to it.
	// Default: it does not change.
	Ramp float64 `yaml:"ramp,omitempty" json:"ramp,omitempty"`
	// Trace is a recorded rate, in place of Rate: between two points it changes evenly, before
	// the first and after the last it is theirs. Times count from the beginning of this load.
	Trace []RatePoint `yaml:"trace,omitempty" json:"trace,omitempty"`
	// Arrivals is how messages spread over time: random (the default), as independent users
	// publish them (a Poisson process), or even, at equal distances.
	Arrivals Arrivals `yaml:"arrivals,omitempty" json:"arrivals,omitempty"`
	// Size is the payload of each, in bytes; a range means any in it. Default 256.
	Size Sizes `yaml:"size,omitempty" json:"size,omitzero"`
	// Publishers are the nodes that publish. None means all.
	Publishers []Selector `yaml:"publishers,omitempty" json:"publishers,omitempty"`
	// At is when it begins. Default: from the beginning.
	At Duration `yaml:"at,omitempty" json:"at,omitempty"`
	// For is how long it lasts. Default: to the end.
	For Duration `yaml:"for,omitempty" json:"for,omitempty"`
	// Burst is how many messages come at once, back to back. Rate still counts
	// messages. Default 1.
	Burst int `yaml:"burst,omitempty" json:"burst,omitempty"`
}

// A RatePoint is the rate of messages at a time.
type RatePoint struct {
	// At is the time of the point. The points must be in the order of their times.
	At Duration `yaml:"at,omitempty" json:"at"`
	// Rate is messages a second at that time; 0 is allowed.
	Rate float64 `yaml:"rate" json:"rate"`
}

// Arrivals are how messages spread over time.
type Arrivals string

// The arrivals.
const (
	Random Arrivals = "random"
	Even   Arrivals = "even"
)

// A Mesh is the settings of the nodes. Zero fields mean the program's own defaults.
type Mesh struct {
	// Degree is GossipSub's: how many peers a node forwards a topic message to.
	// Default 4.
	Degree int `yaml:"degree,omitempty" json:"degree,omitempty"`
	// FloodPublish: a node sends its own topic messages to all of its peers.
	// Default true.
	FloodPublish *bool `yaml:"flood_publish,omitempty" json:"flood_publish,omitempty"`
	// Direct is up to how many links a node makes to be linked with everybody; in a larger
	// mesh it makes a quarter as many, and other records go over the topic. Default 256.
	Direct int `yaml:"direct,omitempty" json:"direct,omitempty"`
	// ReplayAge is for how long messages are kept for a peer that is away. Default 2 minutes.
	ReplayAge Duration `yaml:"replay_age,omitempty" json:"replay_age,omitempty"`
	// ReplayBytes is how many bytes are kept for each peer that is away. Default 64 MiB.
	ReplayBytes Size `yaml:"replay_bytes,omitempty" json:"replay_bytes,omitempty"`
	// Backlog is how many bytes may wait for one linked peer before publishers have to.
	// Default 16 MiB.
	Backlog Size `yaml:"backlog,omitempty" json:"backlog,omitempty"`
	// SuspectAfter is how long a peer may be silent until it is suspected. Default 3 s.
	SuspectAfter Duration `yaml:"suspect_after,omitempty" json:"suspect_after,omitempty"`
	// GoneAfter is how long a peer may be silent until it no longer counts. Default 10 s.
	GoneAfter Duration `yaml:"gone_after,omitempty" json:"gone_after,omitempty"`
}
