package result

import (
	"slices"
	"time"
)

// The modes of a simulation.
const (
	Core  = "core"  // the mesh's pure core on a model of the network
	Stack = "stack" // the whole program in virtual time
)

// A Result is one run of one scenario.
type Result struct {
	Scenario string    `json:"scenario"`
	Question string    `json:"question,omitempty"` // that the scenario answers
	Label    string    `json:"label,omitempty"`    // what sets this run apart from others of a comparison: "degree=4"
	Mode     string    `json:"mode"`               // Core or Stack
	Seed     uint64    `json:"seed"`
	Command  string    `json:"command"` // one line that runs it again
	Settings []Setting `json:"settings"`

	Nodes           int     `json:"nodes"`         // at the beginning
	LateAfterMS     float64 `json:"late_after_ms"` // from when on a delivery counts as late
	VirtualSeconds  float64 `json:"virtual_seconds"`
	LoadSeconds     float64 `json:"load_seconds"` // of them, how long messages were published
	WallSeconds     float64 `json:"wall_seconds"`
	PeakMemoryBytes uint64  `json:"peak_memory_bytes,omitempty"` // of the simulating process; 0: not measured
	Events          uint64  `json:"events"`                      // of the simulated network; 0 in stack mode

	Availability Availability `json:"availability"`

	Latency Latency   `json:"latency"`           // of all deliveries
	Roads   []Road    `json:"roads,omitempty"`   // the same, by road
	Classes []Road    `json:"classes,omitempty"` // the same, by class of message, if there are several
	Pairs   []Road    `json:"pairs,omitempty"`   // the same, by pair of regions, "eu to us", if there are 2 to 12 regions
	Account []Account `json:"account"`           // one for each class of message, and the sum as "total" at the end
	Servers []Server  `json:"servers"`           // one for each node that ever lived, in the order of their numbers
	Paths   []Path    `json:"paths,omitempty"`   // connections that have a limited bandwidth, by pair of regions
	Traffic []Traffic `json:"traffic,omitempty"`
	// Bottleneck is the line with the highest peak utilisation; empty if no line has a limit.
	Bottleneck Bottleneck `json:"bottleneck"`
	Gossip     Gossip     `json:"gossip"`

	Ready Latency `json:"ready"` // from a node's start until it is ready: it has joined the mesh
	Join  Latency `json:"join"`  // from a node's start until it is linked or in touch with every node that lives and can be reached
	// Suspect and Detect are measured from the moment at which a node can no longer be
	// reached until another node suspects it, and until that node no longer counts it as a
	// server. A node cannot be reached when it was killed, is stopped, lost its power, or the
	// path between the two is cut. There is one observation for each node that notices. Both
	// modes use this definition.
	Suspect Latency `json:"suspect"`
	Detect  Latency `json:"detect"`
	Heal    Latency `json:"heal"` // from the end of a cut, partition, pause or degradation until what was delayed by it is delivered

	Timeline []Sample      `json:"timeline"` // one for each virtual second
	Faults   []Fault       `json:"faults,omitempty"`
	Checks   []Check       `json:"checks"`             // of the simulation itself
	Expected []Expectation `json:"expected,omitempty"` // one for each line of the scenario's expect
	Broken   []string      `json:"broken,omitempty"`   // promises of the mesh that did not hold, one sentence each
	Advice   []string      `json:"advice,omitempty"`   // settings that would have helped, one sentence each
	Sizing   []string      `json:"sizing"`             // notes for planners, one paragraph each
	Limits   []string      `json:"limits"`             // limits of this run, one sentence each
}

// A Setting is one value of the scenario, as text with its unit.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Latency is a distribution of times. The zero value has no observations.
type Latency struct {
	Count  uint64  `json:"count"`
	P50MS  float64 `json:"p50_ms"`
	P90MS  float64 `json:"p90_ms"`
	P99MS  float64 `json:"p99_ms"`
	P999MS float64 `json:"p999_ms"`
	MaxMS  float64 `json:"max_ms"`
	MeanMS float64 `json:"mean_ms"`
	// CDF has at most 200 points, both coordinates rising; the last Share is 1.
	CDF []Point `json:"cdf,omitempty"`
}

// A Point says that Share of the observations took at most MS.
type Point struct {
	MS    float64 `json:"ms"`
	Share float64 `json:"share"` // 0 to 1
}

// A Road is the way that deliveries took: "direct", "topic", or "repaired" for
// those that were sent again.
type Road struct {
	Name    string  `json:"name"`
	Latency Latency `json:"latency"`
}

// An Account says what became of the messages of one class. All counts are of
// pairs: a message that three servers want is offered three times.
//
// It balances when Offered = Delivered + ReportedLost + Waiting + Ended + Unaccounted, and the mesh
// keeps its promise when Unaccounted, Duplicates and Disorder are 0.
type Account struct {
	Class     string `json:"class"`     // "broadcast", "group", "user", "connection", "flood" or "total"
	Published uint64 `json:"published"` // messages
	Refused   uint64 `json:"refused"`   // publishing failed for the caller: back-pressure
	Offered   uint64 `json:"offered"`
	Delivered uint64 `json:"delivered"`
	Late      uint64 `json:"late"`     // delivered, but after the scenario's late_after
	Repaired  uint64 `json:"repaired"` // delivered after a cut, a hole or a change of the road made it wait
	// ReportedLost is what receivers were told is missing, or what senders dropped
	// from the window of one that did not come back.
	ReportedLost uint64 `json:"reported_lost"`
	// Waiting is what the sender still keeps at the end of the run, for a receiver
	// that cannot be reached.
	Waiting uint64 `json:"waiting"`
	// Ended is what a sender or receiver that was killed or restarted took with it:
	// no promise covers it.
	Ended uint64 `json:"ended"`
	// ReceiverDown counts deliveries that were not offered because the receiving server had no
	// ready process, after it had one. ReceiverUnknown counts those that were not offered
	// because the publishing server did not count the receiving one, which was ready, as a
	// member.
	ReceiverDown    uint64 `json:"receiver_down"`
	ReceiverUnknown uint64 `json:"receiver_unknown"`
	// Unpublished are messages of the load that were not published, because the process of
	// their server had ended, was stopped or was leaving.
	Unpublished uint64 `json:"unpublished"`
	Unaccounted uint64 `json:"unaccounted"`
	Duplicates  uint64 `json:"duplicates"`
	Disorder    uint64 `json:"disorder"` // deliveries before an earlier message of the same sender
}

// Wanted is how many deliveries the published messages should have had: those offered, and
// those for servers that were down or not known.
func (a Account) Wanted() uint64 { return a.Offered + a.ReceiverDown + a.ReceiverUnknown }

// Balances tells whether each message that was offered is accounted for once.
func (a Account) Balances() bool {
	return a.Offered == a.Delivered+a.ReportedLost+a.Waiting+a.Ended+a.Unaccounted
}

// A Server is what one node did. Bytes are those of the mesh's frames and topic
// messages, and a share for packet headers, while the load ran.
type Server struct {
	Name             string  `json:"name"`
	Region           string  `json:"region,omitempty"`
	SentBytes        uint64  `json:"sent_bytes"`
	ReceivedBytes    uint64  `json:"received_bytes"`
	SentMessages     uint64  `json:"sent_messages"`     // frames and topic messages
	ReceivedMessages uint64  `json:"received_messages"` // the same
	PayloadBytes     uint64  `json:"payload_bytes"`     // published here, counted once
	DeliveredBytes   uint64  `json:"delivered_bytes"`   // payload delivered here
	Amplification    float64 `json:"amplification"`     // SentBytes / PayloadBytes; 0 if nothing was published here
	WindowPeakBytes  uint64  `json:"window_peak_bytes"` // kept for others at the most
	Links            int     `json:"links"`             // direct, at the end
	Restarts         int     `json:"restarts"`
	Up               Use     `json:"up"`   // of the node's line, sending
	Down             Use     `json:"down"` // of the node's line, receiving
}

// A Use is how much of its capacity a line carried, in one direction. Bytes count in the
// second in which they leave, so that no share is above 1.
type Use struct {
	BitsPerSecond float64 `json:"bits_per_second"` // the capacity; 0: it has no limit, and the shares are 0
	Mean          float64 `json:"mean"`            // share of the capacity while the load ran, 0 to 1
	Peak          float64 `json:"peak"`            // the same in the busiest second while the load ran
	PeakSecond    int     `json:"peak_second"`     // of the load's time
}

// A Path is the utilisation of the connections from the nodes of one region to those of
// another, if each connection has a limited bandwidth. Busiest is the connection with the highest peak.
type Path struct {
	From        string `json:"from"`
	To          string `json:"to"`
	Connections int    `json:"connections"`
	Busiest     Use    `json:"busiest"`
	Name        string `json:"name"` // of the busiest: "node-1 to node-11"
}

// Traffic is the data sent from the nodes of one region to those of another while the load ran.
type Traffic struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Bytes uint64 `json:"bytes"` // on the wire, acknowledgements and keep-alives included
	// Deliveries are those to nodes of To of messages that nodes of From published.
	Deliveries uint64 `json:"deliveries"`
	// IdleBitsPerSecond is measured in the second half of drain, when nothing is published;
	// 0 if drain is shorter than 2 s.
	IdleBitsPerSecond float64 `json:"idle_bits_per_second"`
}

// A Bottleneck is the line whose utilisation had the highest peak.
type Bottleneck struct {
	Name string `json:"name"` // "node-3 up", "node-3 down" or "node-1 to node-11"; empty: no line has a limit
	Use
	// Full reports whether the line was full in its busiest second: its peak is 0.95 or more.
	Full bool `json:"full"`
}

// Gossip is what the topic cost.
type Gossip struct {
	Published  uint64 `json:"published"`  // messages put on the topic
	Received   uint64 `json:"received"`   // copies that were new to their receiver
	Duplicates uint64 `json:"duplicates"` // copies that were not
	Repaired   uint64 `json:"repaired"`   // new ones that came by IHAVE and IWANT
	Bytes      uint64 `json:"bytes"`      // sent for all of them
}

// A Sample is one virtual second of the whole mesh.
type Sample struct {
	Second      int     `json:"second"` // it covers [Second, Second+1) of the load's time; negative: the mesh forms
	Published   uint64  `json:"published"`
	Delivered   uint64  `json:"delivered"`
	P99MS       float64 `json:"p99_ms"`       // of what was delivered in it; 0 if nothing was
	Lost        uint64  `json:"lost"`         // reported in it
	Links       int     `json:"links"`        // direct ones, each counted once, at its end
	Members     int     `json:"members"`      // the fewest that a living node counts as servers, at its end; itself not counted
	Living      int     `json:"living"`       // nodes at its end
	WindowBytes uint64  `json:"window_bytes"` // kept by all nodes for others, at its end
	SentBytes   uint64  `json:"sent_bytes"`   // by all nodes, in it
}

// A Fault is what happened to the mesh.
type Fault struct {
	Label        string  `json:"label"`
	BeginSeconds float64 `json:"begin_seconds"`
	EndSeconds   float64 `json:"end_seconds"` // equal to BeginSeconds for what has no length
	Latency      Latency `json:"latency"`     // of the messages published between the two, or in the 5 s after BeginSeconds
	Heal         Latency `json:"heal"`        // as in Result, of this fault
}

// A Check compares what the simulation measured with what it was told to be.
type Check struct {
	Name     string  `json:"name"`
	Set      float64 `json:"set"`
	Measured float64 `json:"measured"`
	Unit     string  `json:"unit"`
	OK       bool    `json:"ok"`
}

// Progress is how far a run has come.
type Progress struct {
	Virtual, Of time.Duration // virtual time since the start, and until the end
	Wall        time.Duration
	Published   uint64
	Delivered   uint64
}

// OK reports whether every promise, check and expectation held, and the account balances. A
// result without an account or without checks is not OK: nothing was tested.
func (r Result) OK() bool {
	failed := slices.ContainsFunc(r.Checks, func(c Check) bool { return !c.OK })
	missed := slices.ContainsFunc(r.Expected, func(e Expectation) bool { return !e.OK })
	return len(r.Checks) > 0 && len(r.Account) > 0 && !failed && !missed && len(r.Broken) == 0 && r.Balances()
}

// Total is the sum of the account, or an empty one.
func (r Result) Total() Account {
	if i := slices.IndexFunc(r.Account, func(a Account) bool { return a.Class == "total" }); i >= 0 {
		return r.Account[i]
	}
	return Account{Class: "total"}
}

// Narrowest is the line with the highest peak utilisation; the first if several have it.
func (r Result) Narrowest() (b Bottleneck) {
	better := func(name string, u Use) {
		if u.Peak > b.Peak {
			b = Bottleneck{Name: name, Use: u, Full: u.Peak >= full}
		}
	}
	for _, s := range r.Servers {
		better(s.Name+" up", s.Up)
		better(s.Name+" down", s.Down)
	}
	for _, p := range r.Paths {
		better(p.Name, p.Busiest)
	}
	return b
}

// full is the share of its capacity from which on a line counts as full.
const full = 0.95

// Balances tells whether the account does, of every class and in all.
func (r Result) Balances() bool {
	return !slices.ContainsFunc(r.Account, func(a Account) bool { return !a.Balances() })
}
