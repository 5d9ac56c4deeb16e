package core

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The faults of `make test-faults`, which has real processes, in virtual time: five
// nodes, each of which publishes a number on a channel that all want, one for itself,
// and one for a single other node.

const scenarioSeeds = 10

// A scenario is a world under load.
type scenario struct {
	*world
	sent map[Peer]int
}

func eachSeed(t *testing.T, f func(*testing.T, *scenario)) {
	for seed := range uint64(scenarioSeeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s := &scenario{world: newWorld(t, 5), sent: map[Peer]int{}}
			s.rand = rand.New(rand.NewPCG(seed, 7))
			for _, n := range s.nodes {
				s.listen(n)
			}
			s.run(time.Second)
			f(t, s)
		})
	}
}

func (s *scenario) listen(n *testNode) {
	s.subscribe(n, "all")
	s.subscribe(n, "to "+string(n.peer))
}

// load lets d pass, in which every node that can publishes.
func (s *scenario) load(d time.Duration) {
	for end := s.now + d; s.now < end; {
		for _, n := range s.nodes {
			for range s.rand.IntN(3) {
				if n.dead || n.idle || n.leaving {
					continue
				}
				i := strconv.Itoa(s.sent[n.peer])
				s.sent[n.peer]++
				n.publish("all", i)
				to := s.nodes[s.rand.IntN(len(s.nodes))]
				n.publish("to "+string(to.peer), i)
			}
		}
		s.world.run(TickEvery)
	}
}

// complete says that everything arrived, in order and once, between nodes that lived all the time.
func (s *scenario) complete(t *testing.T, nodes ...*testNode) {
	t.Helper()
	for _, r := range nodes {
		for _, n := range nodes {
			if r == n {
				continue
			}
			assert.Zero(t, r.lost[n.peer], "%s lost nothing of %s", r.peer, n.peer)
			require.Equal(t, numbered("all", 0, s.sent[n.peer]), only(r.got[n.peer], "all="), "%s has all of %s", r.peer, n.peer)
			ordered(t, only(r.got[n.peer], "to "+string(r.peer)+"="))
		}
	}
}

func only(got []string, prefix string) []string {
	var s []string
	for _, g := range got {
		if len(g) > len(prefix) && g[:len(prefix)] == prefix {
			s = append(s, g)
		}
	}
	return s
}

func ordered(t *testing.T, got []string) {
	t.Helper()
	last := -1
	for _, g := range got {
		var number int
		_, err := fmt.Sscanf(g[len("to n00="):], "%d", &number)
		require.NoError(t, err)
		require.Greater(t, number, last)
		last = number
	}
}

func (s *scenario) partition(cut bool) {
	for _, a := range s.nodes[:2] {
		for _, b := range s.nodes[2:] {
			if cut {
				s.cutLink(a, b)
			} else {
				s.heal(a, b)
			}
		}
	}
}

func TestALinkThatIsCutLosesNothing(t *testing.T) {
	eachSeed(t, func(t *testing.T, s *scenario) {
		s.cutLink(s.nodes[1], s.nodes[3])
		s.load(10 * time.Second)
		s.heal(s.nodes[1], s.nodes[3])
		s.load(2 * time.Second)
		s.run(15 * time.Second)
		s.complete(t, s.nodes...)
	})
}

func TestAPartitionWithinTheWindowLosesNothingUnderLoad(t *testing.T) {
	for _, length := range []time.Duration{5 * time.Second, 30 * time.Second} {
		eachSeed(t, func(t *testing.T, s *scenario) {
			s.partition(true)
			s.load(length)
			s.partition(false)
			s.load(2 * time.Second)
			s.run(15 * time.Second)
			s.complete(t, s.nodes...)
		})
	}
}

func TestAPartitionBeyondTheWindowIsReportedAndHeals(t *testing.T) {
	eachSeed(t, func(t *testing.T, s *scenario) {
		s.refusing = s.rand.IntN(2) == 0 // then both sides have buried each other
		s.partition(true)
		s.load(150 * time.Second)
		s.partition(false)
		s.run(time.Minute) // nobody is told to dial: the members do it themselves
		s.complete(t, s.nodes[:2]...)
		s.complete(t, s.nodes[2:]...)
		a, b := s.nodes[0], s.nodes[4]
		require.Equal(t, Alive, b.State(a.peer))
		require.NotZero(t, b.lost[a.peer])
		before := len(only(b.got[a.peer], "all="))
		from := s.sent[a.peer]
		s.load(5 * time.Second)
		s.run(5 * time.Second)
		got := only(b.got[a.peer], "all=")[before:]
		assert.Equal(t, numbered("all", from, s.sent[a.peer]), got, "from then on nothing is missing")
	})
}

// A link over which nothing passes any more, without a reset: its transport notices
// after many seconds, the topic tells earlier.
func TestALinkThatFallsSilentIsGoneRound(t *testing.T) {
	eachSeed(t, func(t *testing.T, s *scenario) {
		a, b := s.nodes[1], s.nodes[3]
		s.stall[pair(a.peer, b.peer)] = true
		s.load(6 * time.Second)
		require.False(t, a.links[b.peer])
		require.Equal(t, Alive, a.State(b.peer))
		s.run(2 * time.Second)
		s.complete(t, a, b)
		clear(s.stall)
		s.load(time.Second)
		s.run(15 * time.Second)
		s.complete(t, s.nodes...)
	})
}

// Behind a firewall that rejects, the others look dead.
func TestAPartitionThatLooksLikeDeathLosesNothing(t *testing.T) {
	for _, length := range []time.Duration{time.Second, 20 * time.Second, 90 * time.Second} {
		eachSeed(t, func(t *testing.T, s *scenario) {
			s.refusing = true
			s.partition(true)
			s.load(length)
			s.partition(false)
			s.load(2 * time.Second)
			s.run(45 * time.Second)
			s.complete(t, s.nodes...)
		})
	}
}

func TestALinkThatIsRefusedLosesNothing(t *testing.T) {
	eachSeed(t, func(t *testing.T, s *scenario) {
		s.refusing = true
		s.cutLink(s.nodes[1], s.nodes[3])
		s.load(20 * time.Second)
		require.Equal(t, Alive, s.nodes[1].State(s.nodes[3].peer), "the others carry it round")
		s.run(3 * time.Second)
		s.complete(t, s.nodes...)
		s.heal(s.nodes[1], s.nodes[3])
		s.load(time.Second)
		s.run(15 * time.Second)
		s.complete(t, s.nodes...)
	})
}

func TestATopicThatLosesMessagesLosesNothing(t *testing.T) {
	eachSeed(t, func(t *testing.T, s *scenario) {
		s.lossy = 0.2
		for range 10 {
			a, b := s.nodes[s.rand.IntN(5)], s.nodes[s.rand.IntN(5)]
			if a != b {
				s.cutLink(a, b)
				s.load(time.Duration(1+s.rand.IntN(20)) * TickEvery)
				s.heal(a, b)
			}
		}
		s.lossy = 0
		s.run(30 * time.Second)
		s.complete(t, s.nodes...)
	})
}

func TestAPausedNodeCatchesUp(t *testing.T) {
	eachSeed(t, func(t *testing.T, s *scenario) {
		paused := s.nodes[s.rand.IntN(5)]
		paused.idle = true
		s.load(15 * time.Second)
		for _, n := range s.nodes {
			if n != paused {
				require.Equal(t, Gone, n.State(paused.peer), "noticed")
			}
		}
		paused.idle = false
		s.load(2 * time.Second)
		s.run(15 * time.Second)
		s.complete(t, s.nodes...)
	})
}

func TestAKilledNodeTakesOnlyItsOwnWithIt(t *testing.T) {
	eachSeed(t, func(t *testing.T, s *scenario) {
		s.load(time.Second)
		victim := s.nodes[2]
		for _, n := range s.nodes[:2] { // the burst it dies in does not reach everybody
			s.stall[pair(victim.peer, n.peer)] = true
		}
		s.load(time.Second)
		s.kill(victim)
		s.listen(s.start())
		s.load(3 * time.Second)
		s.run(10 * time.Second)
		rest := []*testNode{s.nodes[0], s.nodes[1], s.nodes[3], s.nodes[4]}
		s.complete(t, rest...)
		for _, n := range rest {
			assert.Equal(t, numbered("all", 0, s.sent[victim.peer]), only(n.got[victim.peer], "all="), "what one got, all got")
		}
	})
}

func TestARollingRestartLosesNothing(t *testing.T) {
	eachSeed(t, func(t *testing.T, s *scenario) {
		first := append([]*testNode{}, s.nodes...)
		for _, n := range first {
			s.load(time.Second)
			n.Leave()
			s.settle()
			s.kill(n)
			for _, o := range s.nodes {
				if o != n && !o.dead {
					got := only(o.got[n.peer], "all=")
					require.NotEmpty(t, got)
					assert.Equal(t, fmt.Sprintf("all=%d", s.sent[n.peer]-1), got[len(got)-1], "all it said came before it left")
					assert.Zero(t, o.lost[n.peer])
				}
			}
			s.listen(s.start())
		}
		s.load(time.Second)
		s.run(5 * time.Second)
		fresh := s.nodes[5:]
		for _, r := range fresh {
			require.Len(t, r.Members(), 4)
			for _, n := range fresh {
				if r == n {
					continue
				}
				got := only(r.got[n.peer], "all=")
				require.NotEmpty(t, got)
				assert.Equal(t, fmt.Sprintf("all=%d", s.sent[n.peer]-1), got[len(got)-1])
				assert.Zero(t, r.lost[n.peer])
			}
		}
	})
}

// TestALostAcknowledgementOnTheTopicIsSentAgain loses every message of the topic after a
// record that went there has arrived.
func TestALostAcknowledgementOnTheTopicIsSentAgain(t *testing.T) {
	w := newWorld(t, 3)
	a, b := w.nodes[0], w.nodes[1]
	w.subscribe(b, "all")
	w.cutLink(a, b)
	w.run(2 * time.Second)
	require.True(t, a.members[b.peer].longRoad)
	a.publish("all", "0")
	w.settle()
	require.Equal(t, []string{"all=0"}, b.got[a.peer])
	out := &a.members[b.peer].out
	require.Less(t, out.base, out.next, "the acknowledgement waits")
	w.lossy = 1
	w.run(time.Second)
	require.Less(t, out.base, out.next, "the acknowledgement was lost")
	w.lossy = 0
	w.run(3 * time.Second)
	assert.Equal(t, out.next, out.base)
}

// TestSubscriptionsAreAskedForAgainOnANewLink has the link end with the question on its way.
func TestSubscriptionsAreAskedForAgainOnANewLink(t *testing.T) {
	w := newWorld(t, 2)
	a, b := w.nodes[0], w.nodes[1]
	m := a.members[b.peer]
	a.unsync(m)
	require.NotEmpty(t, a.Next(w.now, b.peer, nil))
	require.False(t, m.resync)
	w.disconnect(a, b)
	w.run(5 * time.Second)
	require.True(t, m.linked)
	assert.True(t, m.synced)
}
