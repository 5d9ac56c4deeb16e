package core

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// dying is a world whose first node has told the second 100 messages, and the
// third only the first 40 of them.
func dying(t *testing.T) (w *world, dead, heir, poor *testNode) {
	w = newWorld(t, 3)
	dead, heir, poor = w.nodes[0], w.nodes[1], w.nodes[2]
	w.subscribe(heir, "all")
	w.subscribe(poor, "all")
	for i := range 100 {
		w.stall[pair(dead.peer, poor.peer)] = i >= 40
		dead.publish("all", strconv.Itoa(i))
		w.settle()
	}
	require.Len(t, heir.got[dead.peer], 100)
	require.Len(t, poor.got[dead.peer], 40)
	return w, dead, heir, poor
}

func TestWhatADeadSenderToldSomeReachesAll(t *testing.T) {
	w, dead, heir, poor := dying(t)
	w.kill(dead)
	w.run(time.Second)
	assert.Equal(t, numbered("all", 0, 100), poor.got[dead.peer])
	assert.Equal(t, numbered("all", 0, 100), heir.got[dead.peer])
	assert.Zero(t, poor.lost[dead.peer])
	assert.Equal(t, 1, poor.left[dead.peer])
	assert.EqualValues(t, 60, poor.Stats().Inherited)
}

// TestALastWordOnTheTopicDoesNotKeepTheDeadAlive has one of the survivors hear an
// Announce after the link is lost: it was on its way by others.
func TestALastWordOnTheTopicDoesNotKeepTheDeadAlive(t *testing.T) {
	w, dead, _, poor := dying(t)
	w.kill(dead)
	require.Equal(t, Suspect, poor.State(dead.peer))
	require.NoError(t, poor.Topic(w.now, dead.peer, dead.said+1, &frame.Announce{Member: dead.o.Member}))
	require.Equal(t, Alive, poor.State(dead.peer), "as far as anybody can tell")
	w.run(4 * time.Second)
	assert.Equal(t, Gone, poor.State(dead.peer))
	assert.Len(t, poor.Members(), 1)
	assert.Equal(t, numbered("all", 0, 100), poor.got[dead.peer])
	assert.Zero(t, poor.lost[dead.peer])
	assert.Equal(t, 1, poor.left[dead.peer])
}

// TestTheDeadAreInheritedOnce has the survivors hear a last word after the estate is
// settled, and another one much later.
func TestTheDeadAreInheritedOnce(t *testing.T) {
	w, dead, heir, poor := dying(t)
	w.kill(dead)
	w.run(time.Second)
	require.Equal(t, Gone, heir.State(dead.peer))
	for i, pause := range []time.Duration{0, 2 * lastWord} {
		w.run(pause)
		for _, s := range []*testNode{heir, poor} {
			require.NoError(t, s.Topic(w.now, dead.peer, dead.said+1+uint64(i), &frame.Announce{Member: dead.o.Member}))
			require.Equal(t, i == 1, s.State(dead.peer) == Alive, "who is heard for so long is not dead")
		}
	}
	w.run(3 * time.Minute)
	require.Len(t, heir.Members(), 1)
	require.Empty(t, heir.members[dead.peer].channels.few, "next to nothing is kept")
	assert.Equal(t, numbered("all", 0, 100), heir.got[dead.peer])
	assert.Equal(t, numbered("all", 0, 100), poor.got[dead.peer])
	assert.Equal(t, 2, heir.left[dead.peer])
}

func TestTheEstateOfASilentSenderIsSpreadWhenItsWindowEnds(t *testing.T) {
	w, dead, heir, poor := dying(t)
	w.cutLink(dead, heir) // a power cut: nobody answers at its address, not even with a refusal
	w.cutLink(dead, poor)
	w.run(3 * time.Minute)
	assert.Equal(t, numbered("all", 0, 100), poor.got[dead.peer])
	assert.Zero(t, poor.lost[dead.peer])

	// It was only away. What it says it could not deliver had come by then.
	clear(w.cut)
	clear(w.stall)
	w.run(time.Minute)
	require.Equal(t, Alive, poor.State(dead.peer))
	assert.Zero(t, poor.lost[dead.peer])
	dead.publish("all", "100")
	w.run(time.Second)
	assert.Equal(t, numbered("all", 0, 101), poor.got[dead.peer])
	assert.Equal(t, numbered("all", 0, 101), heir.got[dead.peer])
}

// TestWhatTheEstateOvertookIsLost has both receivers give up a sender whose window has ended,
// while the sender still has all for one of them: a message for the receiver alone comes after a
// later one of the estate.
func TestWhatTheEstateOvertookIsLost(t *testing.T) {
	w := newWorld(t, 3)
	sender, heir, poor := w.nodes[0], w.nodes[1], w.nodes[2]
	w.subscribe(heir, "all")
	w.subscribe(poor, "all")
	w.subscribe(poor, "alone")
	w.settle()
	w.stall[pair(sender.peer, poor.peer)] = true
	sender.publish("alone", "1")
	sender.publish("all", "2")
	w.settle()
	for _, s := range []*testNode{heir, poor} {
		m := s.members[sender.peer]
		s.part(m)
		s.close(w.now, m)
	}
	w.settle()
	require.Equal(t, []string{"all=2"}, poor.got[sender.peer], "from the estate")
	require.Zero(t, poor.lost[sender.peer])

	clear(w.stall)
	w.run(2 * time.Second)
	assert.Equal(t, []string{"all=2", "lost 1"}, poor.got[sender.peer])
	assert.EqualValues(t, 1, poor.lost[sender.peer])
	sender.publish("alone", "3")
	w.run(time.Second)
	assert.Equal(t, []string{"all=2", "lost 1", "alone=3"}, poor.got[sender.peer])
	assert.EqualValues(t, 1, poor.lost[sender.peer])
}

func TestAnEstateFillsHoles(t *testing.T) {
	w := newWorld(t, 3)
	dead, heir, poor := w.nodes[0], w.nodes[1], w.nodes[2]
	w.subscribe(heir, "all")
	w.subscribe(poor, "all")
	w.settle()
	w.stall[pair(dead.peer, poor.peer)] = true
	for i := range 6 {
		dead.publish("all", strconv.Itoa(i))
	}
	w.settle()
	in := poor.members[dead.peer].in.next
	at := func(i uint64) []byte { return dead.members[poor.peer].out.at(in + i).bytes }
	require.NoError(t, poor.Frame(w.now, dead.peer, &frame.Data{First: in + 1, Records: [][]byte{at(1), at(2)}}))
	require.NoError(t, poor.Frame(w.now, dead.peer, &frame.Data{First: in + 4, Records: [][]byte{at(4)}}))
	w.drainInboxes(poor)
	require.Empty(t, poor.got[dead.peer], "held back")
	w.kill(dead)
	w.run(time.Second)
	assert.Equal(t, numbered("all", 0, 6), poor.got[dead.peer])
	assert.Zero(t, poor.lost[dead.peer])
}

func TestAnEstateNobodyCanCompleteIsANamedGap(t *testing.T) {
	w := newWorld(t, 2)
	dead, poor := w.nodes[0], w.nodes[1]
	w.subscribe(poor, "all")
	in := poor.members[dead.peer].in.next
	require.NoError(t, poor.Frame(w.now, dead.peer, &frame.Data{First: in + 3, Records: [][]byte{frame.AppendMessage(nil, 9, "all", []byte("x"))}}))
	require.NoError(t, poor.Frame(w.now, dead.peer, &frame.Head{Base: in, Next: in + 6}))
	w.kill(dead)
	w.run(time.Second)
	assert.Equal(t, []string{"all=x", "lost 5"}, poor.got[dead.peer])
	assert.Equal(t, 1, poor.left[dead.peer])
}

func TestWhoKnowsOfADeathLaterAnswersThen(t *testing.T) {
	w, dead, heir, poor := dying(t)
	m := poor.members[dead.peer]
	w.disconnect(dead, poor) // only the poor one noticed, and nobody is at the address
	poor.bury(w.now, m)
	w.settle()
	require.Len(t, poor.got[dead.peer], 40, "the heir does not believe it yet")
	w.kill(dead)
	w.run(time.Second)
	assert.Equal(t, numbered("all", 0, 100), poor.got[dead.peer])
	assert.Len(t, heir.got[dead.peer], 100)
}

func TestAnHeirThatDiesTooIsNotWaitedFor(t *testing.T) {
	w, dead, heir, poor := dying(t)
	w.stall[pair(heir.peer, poor.peer)] = true
	w.kill(dead)
	w.run(500 * time.Millisecond)
	require.Zero(t, poor.left[dead.peer])
	w.kill(heir)
	w.settle()
	assert.Equal(t, 1, poor.left[dead.peer])
}

func TestHoardsAreLetGoWhenEverybodyHasTheMessages(t *testing.T) {
	w := newWorld(t, 3)
	for _, s := range w.nodes[1:] {
		w.subscribe(s, "all")
	}
	for i := range 1000 {
		w.nodes[0].publish("all", strconv.Itoa(i))
	}
	w.run(3 * time.Second) // a heartbeat with the acknowledgement, and one that says so
	for _, s := range w.nodes[1:] {
		assert.Zero(t, s.members[w.nodes[0].peer].hoard.items.len())
		assert.Zero(t, s.members[w.nodes[0].peer].hoard.bytes)
	}
}

func TestHoardsAreBounded(t *testing.T) {
	h := hoard{}
	for i := range uint64(1000) {
		h.put(i+1, make([]byte, 10), 100)
	}
	assert.Len(t, h.items.items(), 10)
	assert.Equal(t, 100, h.bytes)
	assert.EqualValues(t, 991, h.after(0)[0].number)
	assert.Len(t, h.after(995), 5)
	assert.Empty(t, h.after(^uint64(0)))
}

func TestAnEstateIsTakenFromThoseAskedOnly(t *testing.T) {
	w, dead, heir, poor := dying(t)
	w.stall[pair(heir.peer, poor.peer)] = true
	forged := frame.Estate{Epoch: dead.o.Member.Epoch, Last: true, Records: [][]byte{frame.AppendMessage(nil, 41, "all", []byte("forged"))}}
	require.NoError(t, poor.Frame(w.now, heir.peer, forged), "ignored: the sender lives")
	w.kill(dead)
	w.run(3 * time.Second)
	assert.Equal(t, numbered("all", 0, 40), poor.got[dead.peer])
	unnumbered := frame.Estate{Epoch: dead.o.Member.Epoch, Records: [][]byte{frame.AppendMessage(nil, 0, "all", nil)}}
	require.NoError(t, poor.Frame(w.now, heir.peer, unnumbered), "too late")
}

// TestSurvivorsAgree kills nodes at random moments, from a seed. Of what a dead
// node said to all, all survivors that are linked got the same.
func TestSurvivorsAgree(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newWorld(t, 5)
			w.rand = rand.New(rand.NewPCG(seed, 5))
			for _, s := range w.nodes {
				w.subscribe(s, "all")
			}
			w.run(time.Second)
			sent := 0
			for _, victim := range w.nodes[:2] {
				for range 20 + w.rand.IntN(50) {
					o := w.nodes[w.rand.IntN(5)]
					w.stall[pair(victim.peer, o.peer)] = w.rand.IntN(2) == 0
					for _, s := range w.nodes {
						if !s.dead {
							s.publish("all", strconv.Itoa(sent))
						}
					}
					sent++
					w.settle()
				}
				w.kill(victim)
				clear(w.stall)
				w.run(time.Duration(w.rand.IntN(3)) * time.Second)
			}
			w.run(5 * time.Second)
			first := w.nodes[2]
			for _, dead := range w.nodes[:2] {
				for _, s := range w.nodes[2:] {
					assert.Equal(t, first.got[dead.peer], s.got[dead.peer])
					assert.Equal(t, 1, s.left[dead.peer])
				}
			}
			for _, a := range w.nodes[2:] {
				for _, b := range w.nodes[2:] {
					if a != b {
						assert.Equal(t, numbered("all", 0, sent), a.got[b.peer])
					}
				}
			}
		})
	}
}

func TestWhatIsRepeatedOnTheTopicProvesNothing(t *testing.T) {
	w := newWorld(t, 3)
	a, b := w.nodes[0], w.nodes[1]
	old := &frame.Announce{Member: a.o.Member}
	said := a.said
	require.NotZero(t, said)
	require.NotZero(t, b.members[a.peer].announced)
	w.kill(a)
	w.run(2 * time.Second)
	require.Len(t, b.Members(), 1)
	require.NoError(t, b.Topic(w.now, a.peer, b.members[a.peer].announced, old))
	assert.Len(t, b.Members(), 1, "the dead do not come back by what others repeat")
	assert.EqualValues(t, 1, b.Stats().Replays)
	w.run(lastWord)
	require.NoError(t, b.Topic(w.now, a.peer, said+1, old))
	assert.Len(t, b.Members(), 2, "it was not dead after all")
}

func TestWhoSaidGoodbyeDoesNotComeBack(t *testing.T) {
	w := newWorld(t, 3)
	a, b := w.nodes[0], w.nodes[1]
	a.Leave()
	w.settle()
	require.Len(t, b.Members(), 1)
	require.NoError(t, b.Topic(w.now, a.peer, a.said+1, &frame.Announce{Member: a.o.Member}), "on its way by others")
	assert.Len(t, b.Members(), 1)
}
