package virtual

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// A rollout is how the servers of a mesh are started, and over which seeds.
type rollout struct {
	name  string
	start func(node int) time.Duration
	seeds func(node, nodes int) []int // the hosts that a node is given
}

func together(int) time.Duration         { return 0 }
func oneByOne(node int) time.Duration    { return time.Duration(node) * 700 * time.Millisecond }
func closeTogether(n int) time.Duration  { return time.Duration(n) * 3 * time.Millisecond }
func firstThree(node, nodes int) []int   { return slices.DeleteFunc([]int{0, 1, 2}, self(node)) }
func theNodeBefore(node, _ int) []int    { return slices.DeleteFunc([]int{max(0, node-1)}, self(node)) }
func ofTwo(node, _ int) []int            { return slices.DeleteFunc([]int{node % 2, 0}, self(node)) }
func allOfThem(node, nodes int) []int    { return slices.DeleteFunc(upTo(nodes), self(node)) }
func self(node int) func(other int) bool { return func(other int) bool { return other == node } }

func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

var rollouts = []rollout{
	{"together, over three seeds", together, firstThree},
	{"together, each over all", together, allOfThem},
	{"close together, over two seeds", closeTogether, ofTwo},
	{"one by one, over three seeds", oneByOne, firstThree},
	{"one by one, each over the one before", oneByOne, theNodeBefore},
	{"close together, each over the one before", closeTogether, theNodeBefore},
}

// TestReadyServersKnowEachOther tests the promise of readiness: from the moment at which
// two servers are both ready, each is a member of the other, and no message that a ready
// server publishes is lost to another ready server.
func TestReadyServersKnowEachOther(t *testing.T) {
	for _, nodes := range []int{3, 8, 50} {
		for _, r := range rollouts {
			for seed := range uint64(4) {
				if nodes == 50 && seed > 0 {
					continue
				}
				t.Run(fmt.Sprintf("%d servers %s, seed %d", nodes, r.name, seed), func(t *testing.T) {
					slow := scenario.Range{Min: 100 * time.Microsecond, Max: time.Duration(1+20*seed) * time.Millisecond}
					w := newRollout(t, nodes, seed, r, func(s *scenario.Scenario) { s.Network.Latency = &slow })
					w.runToTheEnd(t)
					w.requireReady(t, 3*time.Second)
				})
			}
		}
	}
}

// In a mesh that is too large to be linked fully, only servers with a link are promised
// to know each other; all are ready soon all the same.
func TestServersOfALargeMeshAreReadySoon(t *testing.T) {
	w := newRollout(t, 300, 1, rollouts[0], func(s *scenario.Scenario) { s.Applications[0].Load[0].Rate = 1 })
	for _, h := range w.hosts {
		w.at(w.upTo(time.Second), nil, startHost, h)
	}
	w.runToTheEnd(t)
	ready, others := w.ready()
	require.Zero(t, others)
	for _, s := range ready {
		require.Empty(t, s.late)
	}
	r := w.book.Settle().Ready
	require.LessOrEqual(t, r.MaxMS, 10_000.0)
	t.Logf("ready after %.0f ms (p50), %.0f ms (max)", r.P50MS, r.MaxMS)
}

func TestSeedsThatDoNotAnswerDelayNobodyForLong(t *testing.T) {
	beyond := func(node, nodes int) []int { return append(firstThree(node, nodes), nodes-1) } // the last host
	t.Run("nothing runs there", func(t *testing.T) {
		w := newRollout(t, 5, 1, rollout{start: startAllBut(4), seeds: beyond})
		w.runToTheEnd(t)
		w.requireReady(t, time.Second)
	})
	t.Run("nothing arrives there", func(t *testing.T) {
		w := newRollout(t, 5, 1, rollout{start: startAllBut(4), seeds: beyond})
		w.paths.cuts = append(w.paths.cuts, &cut{a: map[int]bool{4: true}})
		w.runToTheEnd(t)
		w.requireReady(t, connectTimeout+time.Second)
	})
	t.Run("nobody answers", func(t *testing.T) {
		w := newRollout(t, 5, 1, rollout{start: startOnly(0), seeds: beyond})
		w.runToTheEnd(t)
		ready, others := w.ready()
		require.Len(t, ready, 1)
		require.Zero(t, others)
		took := w.book.Settle().Ready.MaxMS
		assert.GreaterOrEqual(t, took, float64(walkPause.Milliseconds()), "there is a second round")
		assert.LessOrEqual(t, took, float64(2*walkPause.Milliseconds()))
	})
}

// never is when a host starts that does not start in a test.
const never = 24 * time.Hour

func startAllBut(silent int) func(int) time.Duration {
	return func(node int) time.Duration {
		if node == silent {
			return never
		}
		return closeTogether(node)
	}
}

func startOnly(one int) func(int) time.Duration {
	return func(node int) time.Duration {
		if node == one {
			return 0
		}
		return never
	}
}

// Two servers that cannot connect to each other meet over a third one.
func TestServersWithoutALinkAreReadyOnceTheyMeetOnTheTopic(t *testing.T) {
	for seed := range uint64(10) {
		w := newRollout(t, 4, seed, rollout{start: oneByOne, seeds: func(node, _ int) []int { return slices.DeleteFunc([]int{0}, self(node)) }})
		w.paths.cuts = append(w.paths.cuts, &cut{a: map[int]bool{2: true}, b: map[int]bool{3: true}})
		w.runToTheEnd(t)
		w.requireReady(t, core.DefaultJoinTimeout)
	}
}

// A server that is killed while others join is waited for only until it is found dead.
func TestServersThatDieWhileOthersJoin(t *testing.T) {
	for seed := range uint64(20) {
		w := newRollout(t, 8, seed, rollouts[2])
		for _, node := range []int{1, 5} {
			w.at(time.Duration(seed)*5*time.Millisecond, nil, func(w *world, _ any) {
				if l := w.hosts[node].life; l != nil {
					l.kill()
				}
			}, nil)
		}
		w.runToTheEnd(t)
		ready, others := w.ready()
		require.GreaterOrEqual(t, len(ready), 6)
		require.Zero(t, others)
		for _, s := range ready {
			require.Empty(t, s.late)
		}
		r := w.book.Settle()
		require.Empty(t, r.Broken)
		require.LessOrEqual(t, r.Ready.MaxMS, 5_000.0)
	}
}

// Servers on both sides of a partition are ready, and meet when it heals.
func TestServersThatStartInAPartition(t *testing.T) {
	w := newRollout(t, 6, 1, rollout{start: together, seeds: allOfThem})
	begin, end := w.cutBetween(scenario.Fault{}, &cut{a: map[int]bool{0: true, 1: true, 2: true}, b: map[int]bool{3: true, 4: true, 5: true}})
	w.at(0, nil, func(*world, any) { begin() }, nil)
	w.at(8*time.Second, nil, func(*world, any) { end() }, nil)
	w.runFor(t, 7*time.Second, func(a, b *seat) bool { return a.life.host.node/3 == b.life.host.node/3 })
	ready, _ := w.ready()
	require.Len(t, ready, 6, "half of the mesh is better than nothing")
	w.runFor(t, time.Minute, func(*seat, *seat) bool { return false })
	w.requireReadyToKnowEachOther(t, everyPair)
}

// newRollout returns a world in which the servers are started as r says, and publish
// all the time.
func newRollout(t *testing.T, nodes int, seed uint64, r rollout, change ...func(*scenario.Scenario)) *world {
	s, err := scenario.Builtin("steady")
	require.NoError(t, err)
	s.Regions[0].Nodes = nodes
	s.Seed, s.Warmup, s.Duration = seed+1, 0, scenario.Duration(10*time.Second)
	if last := r.start(nodes - 2); last < never {
		s.Duration += scenario.Duration(last)
	}
	for _, f := range change {
		f(&s)
	}
	w := emptyWorld(&s)
	w.seedsOf = func(h *host) (list []*host) {
		for _, i := range r.seeds(h.node, nodes) {
			list = append(list, w.hosts[i])
		}
		return list
	}
	for i, h := range w.hosts {
		w.at(r.start(i), nil, startHost, h)
	}
	w.publishNext()
	return w
}

// runToTheEnd runs the load of the scenario, and 5 s more for late messages.
func (w *world) runToTheEnd(t *testing.T) {
	t.Helper()
	promised := everyPair
	if len(w.hosts) > fullMesh {
		promised = func(*seat, *seat) bool { return false }
	}
	w.runFor(t, w.begin+w.s.Duration.D()+5*time.Second, promised)
}

func everyPair(*seat, *seat) bool { return true }

// runFor lets d pass, and looks after every millisecond in which something happened
// whether servers that are ready know each other, if that is promised.
func (w *world) runFor(t *testing.T, d time.Duration, promised func(a, b *seat) bool) {
	t.Helper()
	for end, looked := w.now+d, w.now; w.queue.pending > 0; {
		e := w.queue.pop()
		if e.at > end {
			w.queue.push(e)
			w.now = end
			return
		}
		w.now = e.at
		w.happen(e)
		if w.now-looked >= time.Millisecond {
			looked = w.now
			w.requireReadyToKnowEachOther(t, promised)
		}
	}
}

// ready returns the seats of the servers that run and are ready, and how many are not.
func (w *world) ready() (ready []*seat, others int) {
	for _, h := range w.hosts {
		switch {
		case h.life == nil || h.life.leaving:
		case h.life.seats[0].ready:
			ready = append(ready, h.life.seats[0])
		default:
			others++
		}
	}
	return ready, others
}

func (w *world) requireReadyToKnowEachOther(t *testing.T, promised func(a, b *seat) bool) {
	t.Helper()
	ready, _ := w.ready()
	for _, a := range ready {
		for _, b := range ready {
			if a != b && promised(a, b) && a.member(b) == nil && !a.named(b) && !b.named(a) {
				require.Fail(t, "ready servers do not know each other", "%s has no member %s at %v; both are ready", a.life.host.Name, b.life.host.Name, w.now)
			}
		}
	}
}

// requireReady holds every server that runs to be ready, within a time of its start and
// without having given up on another one, and the account to its promises. It ends the
// account.
func (w *world) requireReady(t *testing.T, within time.Duration) {
	t.Helper()
	ready, others := w.ready()
	require.Zero(t, others, "servers that are not ready")
	for _, s := range ready {
		assert.Empty(t, s.late, s.life.host.Name)
	}
	r := w.book.Settle()
	assert.LessOrEqual(t, r.Ready.MaxMS, float64(within.Milliseconds()), "the last server became ready")
	t.Logf("ready after %.0f ms (p50), %.0f ms (max)", r.Ready.P50MS, r.Ready.MaxMS)
	require.Empty(t, r.Broken)
	sum := total(r)
	require.NotZero(t, sum.Delivered)
	assert.Equal(t, sum.Offered, sum.Delivered, "messages lost")
}
