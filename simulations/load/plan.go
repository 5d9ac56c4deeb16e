// Package load says who publishes what and when, and who listens to what. It is the
// same for every way to run a scenario: it depends on the scenario and its seed only.
package load

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// idBytes is how much of a payload says which message it is.
const idBytes = 8

// A Message is one that is going to be published.
type Message struct {
	ID      uint64        // from 1, rising with At
	At      time.Duration // since the load began
	App     int           // index in Scenario.Applications
	Node    int           // that publishes it, from 0
	Class   scenario.Class
	Channel string
	Size    int // of the payload, in bytes
}

// Payload is what is published: Size bytes, at least 8, that say the ID.
func (m Message) Payload() []byte {
	b := make([]byte, max(m.Size, idBytes))
	binary.BigEndian.PutUint64(b, m.ID)
	return b
}

// ID reads the ID of a message out of its payload; 0 if there is none.
func ID(payload []byte) uint64 {
	if len(payload) < idBytes {
		return 0
	}
	return binary.BigEndian.Uint64(payload)
}

// A Plan is the messages of a scenario, in the order of their times, and the
// channels that nodes subscribe to. It is not safe for concurrent use.
type Plan struct {
	apps    []*app
	streams []*stream
	lastID  uint64
}

// New makes the plan of a complete scenario.
func New(s *scenario.Scenario) *Plan {
	p := &Plan{}
	for i, a := range s.Applications {
		p.apps = append(p.apps, newApp(s, i, a))
		for j, l := range a.Load {
			p.streams = append(p.streams, newStream(s, p.apps[i], i, j, l))
		}
	}
	p.addFloods(s)
	return p
}

// source is a random source that no other part of the simulation uses.
func source(s *scenario.Scenario, parts ...uint64) *rand.Rand {
	salt := uint64(0x10ad)
	for _, v := range parts {
		salt = salt*0x9e3779b97f4a7c15 + v + 1
	}
	return rand.New(rand.NewPCG(s.Seed, salt))
}

// addFloods makes a stream of each flood, in the node's first application.
func (p *Plan) addFloods(s *scenario.Scenario) {
	for i, f := range s.Faults {
		if f.Do != scenario.FloodAct {
			continue
		}
		nodes, _ := s.Select(f.Nodes...)
		for _, node := range nodes {
			at := slices.IndexFunc(p.apps, func(a *app) bool { return slices.Contains(a.nodes, node) })
			if at < 0 {
				continue
			}
			size := f.Size
			if size.IsZero() {
				size = scenario.Sizes{Min: 256, Max: 256}
			}
			p.streams = append(p.streams, &stream{
				app: p.apps[at], index: at, class: scenario.Flood, load: scenario.Load{Rate: f.Rate}, began: f.At.D(), peak: f.Rate, burst: 1, size: size, publishers: []int{node},
				rand: source(s, 3, uint64(i), uint64(node)), next: f.At.D(), end: end(s, f.At.D(), f.For.D()),
			})
		}
	}
}

func end(s *scenario.Scenario, at, length time.Duration) time.Duration {
	if length == 0 {
		return s.Duration.D()
	}
	return min(at+length, s.Duration.D())
}

// Next takes the next message; false means there is none.
func (p *Plan) Next() (Message, bool) {
	var first *stream
	for _, s := range p.streams {
		if s.next < s.end && (first == nil || s.next < first.next) {
			first = s
		}
	}
	if first == nil {
		return Message{}, false
	}
	p.lastID++
	return first.take(p.lastID), true
}

// Runs tells whether a node runs an application.
func (p *Plan) Runs(app, node int) bool {
	_, ok := slices.BinarySearch(p.apps[app].nodes, node)
	return ok
}

// Members are the nodes that run an application, in rising order, with those that
// join later.
func (p *Plan) Members(app int) []int { return p.apps[app].nodes }

// Channels are what a node subscribes to in an application. The slice must not be changed.
func (p *Plan) Channels(app, node int) []string { return p.apps[app].channels[node] }

// Wanters are the nodes that subscribe to a channel, in rising order. The slice must not be
// changed.
func (p *Plan) Wanters(app int, channel string) []int {
	a := p.apps[app]
	if a.wanters == nil {
		a.wanters = map[string][]int{}
		for _, n := range a.nodes {
			for _, c := range a.channels[n] {
				a.wanters[c] = append(a.wanters[c], n)
			}
		}
	}
	return a.wanters[channel]
}

// A stream is one load, or the flood of one node.
type stream struct {
	app        *app
	index      int
	class      scenario.Class
	load       scenario.Load // its rates
	began      time.Duration
	peak       float64 // the highest rate
	burst      int
	left       int // of the present burst
	size       scenario.Sizes
	publishers []int
	rand       *rand.Rand
	next, end  time.Duration
	by         int // who publishes the present burst
}

func newStream(s *scenario.Scenario, a *app, i, j int, l scenario.Load) *stream {
	publishers := a.nodes
	if len(l.Publishers) > 0 {
		publishers, _ = s.Select(l.Publishers...)
	}
	st := &stream{
		app: a, index: i, class: l.To, load: l, began: l.At.D(), peak: l.PeakRate(), burst: l.Burst, size: l.Size, publishers: publishers,
		rand: source(s, 2, uint64(i), uint64(j)), end: end(s, l.At.D(), l.For.D()),
	}
	st.next = st.began
	st.advance()
	return st
}

func (s *stream) take(id uint64) Message {
	if s.left == 0 {
		s.left = s.burst
		s.by = s.publishers[s.rand.IntN(len(s.publishers))]
	}
	m := Message{ID: id, At: s.next, App: s.index, Node: s.by, Class: s.class, Channel: s.app.channelFor(s.class, s.by, s.rand)}
	m.Size = int(s.size.Min) + s.rand.IntN(int(s.size.Max-s.size.Min)+1)
	if s.left--; s.left == 0 {
		s.advance()
	}
	return m
}

// An app is the nodes of an application and what they listen to.
type app struct {
	nodes    []int
	channels map[int][]string
	wanters  map[string][]int // by channel; nil until Wanters is called
	clients  int
	zipf     func(*rand.Rand) int // draws a group
}

func newApp(s *scenario.Scenario, index int, a scenario.Application) *app {
	nodes := s.Members(a)
	p := &app{nodes: nodes, channels: map[int][]string{}, clients: a.Clients}
	uses := map[scenario.Class]bool{scenario.Broadcast: true}
	for _, l := range a.Load {
		uses[l.To] = true
	}
	for _, n := range nodes {
		p.channels[n] = append(p.channels[n], allChannel)
		for k := range a.Clients {
			if uses[scenario.User] {
				p.channels[n] = append(p.channels[n], clientChannel("user", n, k))
			}
			if uses[scenario.Connection] {
				p.channels[n] = append(p.channels[n], clientChannel("connection", n, k))
			}
		}
	}
	if uses[scenario.Group] {
		p.makeGroups(source(s, 1, uint64(index)), a.Groups)
	}
	return p
}

// The channels are named as those of a SignalR server, whose hub is "hub".
const allChannel = "hub:all"

func clientChannel(kind string, node, k int) string {
	return "hub:" + kind + ":" + strconv.Itoa(node+1) + "-" + strconv.Itoa(k+1)
}

func groupChannel(g int) string { return "hub:group:" + strconv.Itoa(g+1) }

// makeGroups spreads the groups over the nodes: a popular one has members on more.
func (p *app) makeGroups(r *rand.Rand, g scenario.Groups) {
	weights := make([]float64, g.Count)
	sum := 0.0
	for i := range weights {
		weights[i] = 1
		if g.Popularity == scenario.Zipf {
			weights[i] = math.Pow(float64(i+1), -g.Skew)
		}
		sum += weights[i]
	}
	order := slices.Clone(p.nodes)
	for i, w := range weights {
		servers := int(math.Round(g.ServersOf(len(order), float64(g.Count)*w/sum)))
		servers = max(1, min(servers, len(order)))
		for k := range servers { // the first steps of a shuffle
			j := k + r.IntN(len(order)-k)
			order[k], order[j] = order[j], order[k]
			p.channels[order[k]] = append(p.channels[order[k]], groupChannel(i))
		}
	}
	cumulated := make([]float64, g.Count)
	total := 0.0
	for i, w := range weights {
		total += w
		cumulated[i] = total
	}
	p.zipf = func(r *rand.Rand) int {
		i, _ := slices.BinarySearch(cumulated, r.Float64()*total)
		return min(i, g.Count-1)
	}
}

// channelFor draws whom a message is for.
func (p *app) channelFor(class scenario.Class, by int, r *rand.Rand) string {
	switch class {
	case scenario.Group:
		return groupChannel(p.zipf(r))
	case scenario.User, scenario.Connection:
		node := p.nodes[r.IntN(len(p.nodes))]
		for node == by {
			node = p.nodes[r.IntN(len(p.nodes))]
		}
		return clientChannel(string(class), node, r.IntN(p.clients))
	}
	return allChannel
}
