package core

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// That servers which are ready know each other, in any order of starting, is tested in
// simulations/virtual, whose network takes its time. These tests are of single rules.

// A puppet is a member that does what a test says.
type puppet struct {
	of    *testNode
	peer  Peer
	taken uint64 // records
	kinds []string
}

// joiner returns a node whose members are puppets.
func joiner(t *testing.T, change ...func(*Options)) *testNode {
	w := newWorld(t, 0)
	return w.start(append(change, func(o *Options) { o.Self = "m" })...)
}

// seeking is a joiner that is still seeking.
func seeking(t *testing.T) *testNode {
	s := joiner(t)
	s.joining = New(0, s.o).joining
	s.joining.deadline = s.w.now + DefaultJoinTimeout
	return s
}

// meet links s with a puppet. lists is the flag Lists of the puppet's Hello.
func meet(s *testNode, p Peer, lists bool) *puppet {
	s.w.t.Helper()
	s.LinkUp(s.w.now, p)
	h := frame.Hello{
		Application: "app", Lists: lists, Head: frame.Head{Base: 1, Next: 1},
		Member: frame.Member{Epoch: epochOf(p), Name: "name of " + string(p), Addrs: []string{"addr-" + string(p)}},
	}
	require.NoError(s.w.t, s.Welcome(s.w.now, p, h))
	return &puppet{of: s, peer: p}
}

func epochOf(p Peer) uint64 { return uint64(p[0])<<8 + uint64(p[len(p)-1]) }

func (p *puppet) says(f frame.Frame) {
	p.of.w.t.Helper()
	require.NoError(p.of.w.t, p.of.Frame(p.of.w.now, p.peer, f))
}

// subscribes sends the whole interest of the puppet, which is empty.
func (p *puppet) subscribes() {
	p.of.w.t.Helper()
	p.says(&frame.Data{First: 1, Records: [][]byte{frame.AppendSnapshot(nil, frame.Snapshot{First: true, Last: true})}})
}

// acknowledges takes what the node has written, and acknowledges its records.
func (p *puppet) acknowledges() {
	p.of.w.t.Helper()
	p.reads()
	p.says(&frame.Ack{Epoch: p.of.o.Member.Epoch, Next: p.taken + 1})
}

// lists sends a complete list, or one that is not.
func (p *puppet) lists(complete bool, peers ...Peer) {
	p.of.w.t.Helper()
	var list frame.Members
	for _, q := range peers {
		list = append(list, frame.Contact{Peer: string(q), Addrs: []string{"addr-" + string(q)}})
	}
	if complete {
		list = append(list, frame.Contact{Peer: string(p.peer)})
	}
	p.says(list)
}

// reads takes what the node has written for the puppet.
func (p *puppet) reads() {
	t := p.of.w.t
	t.Helper()
	for b := p.of.Next(p.of.w.now, p.peer, nil); len(b) > 0; {
		size := binary.BigEndian.Uint32(b)
		f, err := frame.Parse(b[4 : 4+size])
		require.NoError(t, err)
		p.kinds = append(p.kinds, fmt.Sprintf("%T", f))
		if d, ok := f.(*frame.Data); ok {
			p.taken = d.First + uint64(len(d.Records)) - 1
		}
		if b = b[4+size:]; len(b) == 0 {
			b = p.of.Next(p.of.w.now, p.peer, nil)
		}
	}
}

// wait advances the time of the node by d. Every dial fails; dead is the reason.
func wait(s *testNode, d time.Duration, dead bool) {
	for end := s.w.now + d; s.w.now < end; s.w.now += TickEvery {
		s.Tick(s.w.now)
		for _, p := range s.dials {
			s.Dialed(s.w.now, p, false, dead)
		}
		s.dials = nil
		for m := s.NextTopic(s.w.now); m != nil; m = s.NextTopic(s.w.now) {
		}
	}
}

func lacks(s *testNode) []string {
	var list []string
	for _, p := range s.Joining(s.w.now) {
		list = append(list, string(p.Peer)+": "+p.Lacks.String())
	}
	return list
}

func TestANodeWithoutPeersHasJoinedWhenContactEnds(t *testing.T) {
	s := seeking(t)
	wait(s, time.Second, true)
	require.False(t, s.Node.Joined())
	s.Contact(s.w.now, ContactEnded)
	require.True(t, s.Node.Joined())
	require.Empty(t, s.late)
}

func TestANodeWaitsForAllThatItsMembersHaveToSend(t *testing.T) {
	s := seeking(t)
	a := meet(s, "a", true)
	s.Contact(s.w.now, ContactEnded)
	require.Equal(t, []string{"a: its subscriptions"}, lacks(s))
	a.subscribes()
	require.Equal(t, []string{"a: its acknowledgement of this server's subscriptions"}, lacks(s))
	a.acknowledges()
	require.Equal(t, []string{"a: its list of servers"}, lacks(s))
	a.lists(false, "b")
	require.Equal(t, []string{"a: its list of servers"}, lacks(s), "a list without its sender is not complete")
	a.lists(true, "b")
	require.Equal(t, []string{"b: a connection"}, lacks(s))
	b := meet(s, "b", true)
	b.subscribes()
	b.acknowledges()
	require.False(t, s.Node.Joined())
	b.lists(true, "a")
	require.True(t, s.Node.Joined())
	require.Empty(t, s.late)
	require.Empty(t, lacks(s))
	s.WelcomeOver(s.w.now, "b")
	wait(s, time.Minute, true)
	require.True(t, s.Node.Joined(), "what happens to members later is a matter of health")
}

func TestANodeWaitsForNoListOfTheFirstRelease(t *testing.T) {
	s := seeking(t)
	a := meet(s, "a", false)
	s.Contact(s.w.now, ContactEnded)
	a.subscribes()
	a.acknowledges()
	require.True(t, s.Node.Joined())
}

func TestAListComesBeforeTheFirstAcknowledgement(t *testing.T) {
	s := joiner(t)
	a := meet(s, "a", true)
	a.subscribes()
	a.reads()
	require.GreaterOrEqual(t, len(a.kinds), 2)
	require.Equal(t, []string{"frame.Members", "*frame.Ack"}, a.kinds[:2])
}

func TestAListIsCompleteOnlyWhenContactHasEnded(t *testing.T) {
	s := seeking(t)
	a := meet(s, "a", true)
	a.reads()
	require.NotContains(t, a.kinds, "frame.Members", "there is nobody to tell of")
	s.Contact(s.w.now, ContactEnded)
	a.reads()
	require.Contains(t, a.kinds, "frame.Members")
}

func TestServersThatComeAfterContactAreNotWaitedFor(t *testing.T) {
	s := seeking(t)
	a := meet(s, "a", true)
	s.Contact(s.w.now, ContactEnded)
	meet(s, "b", true) // it never says anything
	a.subscribes()
	a.acknowledges()
	a.lists(true)
	require.True(t, s.Node.Joined())
}

// The list of a member counts from the moment at which the member is waited for, whenever
// the list came.
func TestTheListOfAMemberThatIsListedLaterCounts(t *testing.T) {
	s := seeking(t)
	a := meet(s, "a", true)
	s.Contact(s.w.now, ContactEnded)
	b := meet(s, "b", true)
	b.subscribes()
	b.acknowledges()
	b.lists(true, "c")
	require.Equal(t, []string{"a: its subscriptions"}, lacks(s))
	a.subscribes()
	a.acknowledges()
	a.lists(true, "b")
	require.Equal(t, []string{"c: a connection"}, lacks(s))
}

func TestAMemberThatNeverAcknowledgesIsNamed(t *testing.T) {
	s := seeking(t)
	a := meet(s, "a", true)
	s.Contact(s.w.now, ContactEnded)
	for range 99 {
		a.says(&frame.Head{Base: 1, Next: 1}) // it lives
		wait(s, TickEvery, true)
		require.False(t, s.Node.Joined())
	}
	a.says(&frame.Head{Base: 1, Next: 1})
	wait(s, 2*TickEvery, true)
	require.True(t, s.Node.Joined())
	require.Len(t, s.late, 1)
	require.Equal(t, Pending{Peer: "a", Name: "name of a", Addrs: []string{"addr-a"}, Lacks: LacksSubscriptions, For: DefaultJoinTimeout}, s.late[0])
}

func TestContactThatDoesNotEndDelaysANodeByTheTimeout(t *testing.T) {
	s := seeking(t)
	wait(s, DefaultJoinTimeout, true)
	require.False(t, s.Node.Joined())
	wait(s, 2*TickEvery, true)
	require.True(t, s.Node.Joined())
}

func TestARefusedNodeDoesNotJoinUntilItIsAdmitted(t *testing.T) {
	s := seeking(t)
	s.Contact(s.w.now, ContactRefused)
	wait(s, time.Hour, true)
	require.False(t, s.Node.Joined())
	a := meet(s, "a", true)
	s.Contact(s.w.now, ContactEnded)
	require.False(t, s.Node.Joined(), "the timeout begins anew")
	a.subscribes()
	a.acknowledges()
	a.lists(true)
	require.True(t, s.Node.Joined())
}

func TestInventedServersDelayANodeByFewSeconds(t *testing.T) {
	for _, dead := range []bool{true, false} { // or dials end without an answer
		s := seeking(t)
		honest := []*puppet{meet(s, "a", true), meet(s, "b", true), meet(s, "c", true)}
		s.Contact(s.w.now, ContactEnded)
		for _, p := range honest {
			p.subscribes()
			p.acknowledges()
			p.lists(true, "a", "b", "c", "z")
		}
		evil := meet(s, "z", true)
		evil.subscribes()
		evil.acknowledges()
		var invented []Peer
		for i := range 200 {
			invented = append(invented, Peer(fmt.Sprintf("invented %d", i)))
		}
		evil.lists(true, invented...)
		for range 60 {
			for _, p := range append(honest, evil) {
				p.says(&frame.Head{Base: 1, Next: 1})
			}
			wait(s, TickEvery, dead)
		}
		require.True(t, s.Node.Joined(), "dead: %v, lacks %v", dead, lacks(s))
		for _, p := range honest {
			require.True(t, s.members[p.peer].linked)
		}
	}
}

func TestAServerThatSaysGoodbyeIsNotWaitedFor(t *testing.T) {
	s := seeking(t)
	a, b := meet(s, "a", true), meet(s, "b", true)
	s.Contact(s.w.now, ContactEnded)
	a.subscribes()
	a.acknowledges()
	a.lists(true, "b", "c")
	b.says(frame.Bye{})
	require.Equal(t, []string{"c: a connection"}, lacks(s))
	s.Topic(s.w.now, "c", 1, &frame.Announce{Member: frame.Member{Epoch: epochOf("c")}, Leaving: true})
	require.True(t, s.Node.Joined())
	require.Empty(t, s.late)
}

// A live server can refuse connections, because of a firewall. The node waits for such a
// server as long as messages of it arrive on the topic.
func TestAServerThatCannotBeDialledAndIsHeardIsWaitedFor(t *testing.T) {
	w := newWorld(t, 3)
	w.refusing = true
	w.cut[pair("n02", "n04")] = true
	s := w.start()
	require.False(t, s.Node.Joined())
	w.run(9 * time.Second)
	require.True(t, s.Node.Joined())
	require.Empty(t, s.late)
	for _, n := range w.nodes {
		if n != s {
			assert.NotNil(t, s.members[n.peer], "%s is a member of the new server", n.peer)
			assert.NotNil(t, n.members[s.peer], "the new server is a member of %s", n.peer)
		}
	}
	w.subscribe(w.nodes[1], "a")
	w.publish(s, "a", "first")
	w.run(3 * time.Second)
	require.Equal(t, []string{"a=first"}, w.nodes[1].got[s.peer])
}
