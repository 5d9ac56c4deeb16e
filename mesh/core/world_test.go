package core

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// A world is some nodes, the links between them and a topic, in virtual time. A
// frame arrives in the instant it is written, unless the link stalls.
type world struct {
	t     *testing.T
	now   time.Duration
	rand  *rand.Rand
	nodes []*testNode
	// cut pairs have no link, "a-b" with a < b. A cut pair hears each other on the
	// topic if others connect them.
	cut   map[string]bool
	stall map[string]bool // the link is up and carries nothing
	lossy float64         // share of topic messages that a receiver misses
	// refusing has cut links refuse dials, as a firewall that rejects does: it looks
	// as if nobody were there.
	refusing bool
}

type testNode struct {
	*Node
	w    *world
	peer Peer
	dead bool
	idle bool // stopped like a process by SIGSTOP: its links stay open

	wakes, inboxes map[Peer]bool
	topic          bool
	said           uint64 // messages on the topic
	dials, hangs   []Peer
	confirmed      map[uint64]bool
	links          map[Peer]bool // we have a stream to it
	got            map[Peer][]string
	lost           map[Peer]uint64
	left           map[Peer]int
	room           int
	joinedAt       time.Duration
	late           []Pending
}

func (s *testNode) Wake(m *Member)               { s.wakes[m.Peer()] = true }
func (s *testNode) WakeTopic()                   { s.topic = true }
func (s *testNode) Inbox(m *Member)              { s.inboxes[m.Peer()] = true }
func (s *testNode) Dial(p Peer, _ []string)      { s.dials = append(s.dials, p) }
func (s *testNode) Hang(p Peer)                  { s.hangs = append(s.hangs, p) }
func (s *testNode) Room()                        { s.room++ }
func (s *testNode) Confirmed(ticket uint64)      { s.confirmed[ticket] = true }
func (s *testNode) Changed(*Member, State)       {}
func (s *testNode) Joined(late []Pending)        { s.joinedAt, s.late = s.w.now, late }
func (s *testNode) publish(channel, data string) { s.w.publish(s, channel, data) }

func newWorld(t *testing.T, n int, change ...func(*Options)) *world {
	w := &world{t: t, rand: rand.New(rand.NewPCG(1, 2)), cut: map[string]bool{}, stall: map[string]bool{}}
	for range n {
		w.start(change...)
	}
	w.run(3 * time.Second)
	return w
}

// start adds a node that knows of the first one that lives.
func (w *world) start(change ...func(*Options)) *testNode {
	id := len(w.nodes) + 1
	s := &testNode{
		w: w, peer: Peer(fmt.Sprintf("n%02d", id)), wakes: map[Peer]bool{}, inboxes: map[Peer]bool{}, confirmed: map[uint64]bool{},
		links: map[Peer]bool{}, got: map[Peer][]string{}, lost: map[Peer]uint64{}, left: map[Peer]int{},
	}
	o := Options{
		Self: s.peer, Application: "app", Shell: s, Rand: rand.New(rand.NewPCG(uint64(id), 0)),
		Member: frame.Member{Epoch: uint64(id), Name: string(s.peer), Addrs: []string{"addr-" + string(s.peer)}},
	}
	for _, f := range change {
		f(&o)
	}
	s.Node = New(w.now, o)
	w.nodes = append(w.nodes, s)
	for _, seed := range w.nodes {
		if seed != s && !seed.dead && !w.cut[pair(s.peer, seed.peer)] {
			w.connect(s, seed)
			break
		}
	}
	s.Contact(w.now, ContactEnded)
	return s
}

func pair(a, b Peer) string { return string(min(a, b)) + "-" + string(max(a, b)) }

func (w *world) node(p Peer) *testNode {
	for _, s := range w.nodes {
		if s.peer == p {
			return s
		}
	}
	return nil
}

// connect opens the streams between a and b, as a dial does.
func (w *world) connect(a, b *testNode) bool {
	if a.dead || b.dead || a.idle || b.idle || w.cut[pair(a.peer, b.peer)] || w.stall[pair(a.peer, b.peer)] {
		return false
	}
	if a.links[b.peer] {
		return true
	}
	a.links[b.peer], b.links[a.peer] = true, true
	ha, hb := reparse(a.Hello(b.peer)).(frame.Hello), reparse(b.Hello(a.peer)).(frame.Hello)
	a.LinkUp(w.now, b.peer)
	b.LinkUp(w.now, a.peer)
	require.NoError(w.t, b.Welcome(w.now, a.peer, ha))
	require.NoError(w.t, a.Welcome(w.now, b.peer, hb))
	a.AnnounceSoon(w.now)
	b.AnnounceSoon(w.now)
	return true
}

func reparse(f frame.Frame) frame.Frame {
	got, err := frame.Parse(frame.Append(nil, f)[4:])
	if err != nil {
		panic(err)
	}
	return got
}

// disconnect ends the link of a pair, as a reset connection does.
func (w *world) disconnect(a, b *testNode) {
	if !a.links[b.peer] {
		return
	}
	delete(a.links, b.peer)
	delete(b.links, a.peer)
	for _, s := range [][2]*testNode{{a, b}, {b, a}} {
		if !s[0].dead {
			s[0].LinkDown(w.now, s[1].peer)
			s[0].WelcomeOver(w.now, s[1].peer)
		}
	}
}

func (w *world) cutLink(a, b *testNode) {
	w.cut[pair(a.peer, b.peer)] = true
	w.disconnect(a, b)
}

func (w *world) heal(a, b *testNode) { delete(w.cut, pair(a.peer, b.peer)) }

func (w *world) kill(s *testNode) {
	s.dead = true
	for _, o := range w.nodes {
		w.disconnect(s, o)
	}
}

// run lets d pass.
func (w *world) run(d time.Duration) {
	for end := w.now + d; w.now < end; w.now += TickEvery {
		for _, s := range w.nodes {
			if !s.dead && !s.idle {
				s.Tick(w.now)
			}
		}
		w.settle()
	}
}

// settle does all that can be done in this instant.
func (w *world) settle() {
	for busy := true; busy; {
		busy = false
		for _, s := range w.nodes {
			busy = !s.dead && !s.idle && w.step(s) || busy
		}
	}
}

func (w *world) step(s *testNode) (busy bool) {
	for _, p := range s.dials {
		o := w.node(p)
		ok := w.connect(s, o)
		s.Dialed(w.now, p, ok, !ok && (o.dead || w.refusing))
	}
	s.dials = nil
	for _, p := range s.hangs {
		w.disconnect(s, w.node(p))
	}
	s.hangs = nil
	for _, p := range sortedKeys(s.wakes) {
		if w.stall[pair(s.peer, p)] || w.node(p).idle {
			continue
		}
		delete(s.wakes, p)
		for b := s.Next(w.now, p, nil); len(b) > 0; b = s.Next(w.now, p, nil) {
			busy = true
			w.carry(s, w.node(p), b)
		}
	}
	for s.topic {
		b := s.NextTopic(w.now)
		if b == nil {
			s.topic = false
			break
		}
		busy = true
		w.broadcast(s, frame.AppendTopic(nil, b))
	}
	w.drainInboxes(s)
	return busy
}

// carry hands the frames in b to o, unless the link is cut on the way.
func (w *world) carry(s, o *testNode, b []byte) {
	for len(b) > 0 {
		size := binary.BigEndian.Uint32(b)
		require.LessOrEqual(w.t, int(size), frame.MaxFrame)
		f, err := frame.Parse(b[4 : 4+size])
		require.NoError(w.t, err)
		b = b[4+size:]
		if s.links[o.peer] && !o.dead {
			require.NoError(w.t, o.Frame(w.now, s.peer, f))
		}
	}
}

// broadcast hands b to every node that links connect with s.
func (w *world) broadcast(s *testNode, b []byte) {
	require.LessOrEqual(w.t, len(b), frame.MaxTopic)
	m, err := frame.ParseTopic(b)
	require.NoError(w.t, err)
	s.said++
	reached := map[Peer]bool{s.peer: true}
	for queue := []*testNode{s}; len(queue) > 0; queue = queue[1:] {
		for _, p := range sortedKeys(queue[0].links) {
			if o := w.node(p); !reached[p] && !o.dead && !o.idle {
				reached[p] = true
				queue = append(queue, o)
				if w.rand.Float64() >= w.lossy {
					require.NoError(w.t, o.Topic(w.now, s.peer, s.said, m))
				}
			}
		}
	}
}

func (w *world) drainInboxes(s *testNode) {
	for _, p := range sortedKeys(s.inboxes) {
		delete(s.inboxes, p)
		for _, d := range s.Node.Inbox(p) {
			switch {
			case d.Lost > 0:
				s.lost[p] += d.Lost
				s.got[p] = append(s.got[p], fmt.Sprintf("lost %d", d.Lost))
			case d.Left:
				s.left[p]++
			default:
				s.got[p] = append(s.got[p], d.Channel+"="+string(d.Data))
			}
		}
	}
}

func (w *world) subscribe(s *testNode, channel string) uint64 {
	ticket, err := s.Node.Subscribe(w.now, channel)
	require.NoError(w.t, err)
	w.settle()
	return ticket
}

func (w *world) publish(s *testNode, channel, data string) int {
	servers, err := s.Node.Publish(w.now, channel, []byte(data))
	require.NoError(w.t, err)
	return servers
}

// numbered is what a receiver has to get of messages from to to.
func numbered(channel string, from, to int) []string {
	var s []string
	for i := from; i < to; i++ {
		s = append(s, fmt.Sprintf("%s=%d", channel, i))
	}
	return s
}

func big(size int) string { return strings.Repeat("x", size) }
