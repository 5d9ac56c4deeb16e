package bridge_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// world is an old Redis with a bridge on one of three nodes, and clients of all: the
// first bridges, the second and third do not.
func world(t *testing.T) (sites []*site, old *client, doors []*client) {
	r := startRedis(t)
	sites = openSites(t, 3, 1, r.url())
	awaitBridge(t, sites...)
	for i, s := range sites {
		doors = append(doors, dial(t, fmt.Sprint("door ", i), s.address()))
	}
	return sites, dial(t, "old", r.address), doors
}

func TestBothSidesHearEachOtherOnceAndCount(t *testing.T) {
	_, old, doors := world(t)
	listeners := []*listener{old.listen("c"), doors[0].listen("c"), doors[1].listen("c"), doors[1].listen("c"), doors[2].listen("c")}
	for _, d := range doors {
		assert.Equal(t, 5, d.publish("c", d.name), "four in the mesh and one in Redis: %s", d.name)
		assert.Equal(t, 5, d.numsub("c"), d.name)
	}
	assert.Equal(t, 2, old.publish("c", "old"), "one in Redis, and one that stands for the mesh")
	assert.Equal(t, 2, old.numsub("c"))
	assert.Zero(t, old.publish("none", ""), "nobody in the mesh either")
	assert.Zero(t, doors[1].publish("none", ""))
	old.publish("c", "last")
	for i, l := range listeners {
		assert.ElementsMatch(t, []string{"c door 0", "c door 1", "c door 2", "c old", "c last"}, l.await("c last"), "listener %d", i)
	}
}

// A SUBSCRIBE that is answered holds on the other side too, at once.
func TestSubscriptionsHoldOnBothSidesWhenTheyAreAnswered(t *testing.T) {
	_, old, doors := world(t)
	atOld := old.listen()
	atDoors := []*listener{doors[0].listen(), doors[1].listen(), doors[2].listen()}
	for i := range 300 {
		c, d := fmt.Sprint("c", i), fmt.Sprint("d", i)
		atDoors[i%3].subscribe(c)
		require.Equal(t, 1, old.publish(c, "x"), c)
		atOld.subscribe(d)
		require.Equal(t, 1, doors[(i+1)%3].publish(d, "x"), d)
	}
	atDoors[2].await("c299 x")
	atOld.await("d299 x")
	assert.Len(t, atOld.heard(), 300)
}

func TestWhatIsNotWantedAnyMoreDoesNotCount(t *testing.T) {
	_, old, doors := world(t)
	a, b := doors[0].listen("c"), doors[1].listen("c")
	assert.Equal(t, 1, old.numsub("c"))
	a.unsubscribe("c")
	assert.Equal(t, 1, old.publish("c", "x"))
	b.unsubscribe("c")
	require.Eventually(t, func() bool { return old.numsub("c") == 0 }, patience, time.Millisecond)
	assert.Zero(t, old.publish("c", "y"))
}

func TestPatternsCross(t *testing.T) {
	_, old, doors := world(t)
	a, b, o := doors[0].listen("room"), doors[2].listen("other"), old.listen()
	a.psubscribe("ro*")
	b.psubscribe("ro*", "r[aeo]*")
	o.psubscribe("*om")
	assert.Equal(t, 5, doors[1].publish("room", "1"))
	assert.Equal(t, 5, doors[0].publish("room", "2"))
	assert.Equal(t, 4, old.publish("room", "3"), "its own, and three that stand for the mesh: a channel and two patterns")
	assert.ElementsMatch(t, []string{"room 1", "ro* room 1", "room 2", "ro* room 2", "room 3", "ro* room 3"}, awaitN(a, 6))
	assert.ElementsMatch(t, []string{"ro* room 1", "r[aeo]* room 1", "ro* room 2", "r[aeo]* room 2", "ro* room 3", "r[aeo]* room 3"}, awaitN(b, 6))
	assert.Equal(t, []string{"*om room 1", "*om room 2", "*om room 3"}, awaitN(o, 3))
}

// awaitN waits until so many messages were heard.
func awaitN(l *listener, n int) []string {
	require.Eventually(l.t, func() bool { return len(l.heard()) >= n }, patience, time.Millisecond)
	return l.heard()
}

// Two publishers on each side, all at once, on one channel: everybody hears
// everything once, and each publisher in its order. All publish the same bytes now
// and then.
func TestOrderAndOnceWithPublishersOnBothSides(t *testing.T) {
	_, old, doors := world(t)
	const each = 1000
	listeners := map[string]*listener{"old": old.listen("c"), "bridge": doors[0].listen("c"), "other": doors[2].listen("c")}
	publishers := map[string]*client{"a": old, "b": doors[0], "c": doors[1], "d": doors[1]}
	var work sync.WaitGroup
	for name, c := range publishers {
		work.Go(func() {
			var commands []rueidis.Completed
			for _, text := range numbered(name+"%d", each) {
				commands = append(commands, c.B().Publish().Channel("c").Message(text).Build())
				if strings.HasSuffix(text, "00") {
					commands = append(commands, c.B().Publish().Channel("c").Message("same").Build())
				}
			}
			for _, r := range c.DoMulti(t.Context(), commands...) {
				assert.NoError(t, r.Error())
			}
		})
	}
	work.Wait()
	doors[0].publish("c", "end of b")
	doors[1].publish("c", "end of c and d")
	old.publish("c", "end of a")
	for name, l := range listeners {
		l.await("c end of b")
		l.await("c end of c and d")
		l.await("c end of a")
		heard := map[string][]string{}
		for _, text := range l.heard() {
			text = strings.TrimPrefix(text, "c ")
			heard[text[:1]] = append(heard[text[:1]], text)
		}
		for p := range publishers {
			assert.Equal(t, numbered(p+"%d", each), heard[p], "%s of %s", p, name)
		}
		assert.Len(t, heard["s"], 4*9, name)
	}
}

func TestLargeMessagesAndOddNamesCross(t *testing.T) {
	_, old, doors := world(t)
	large := strings.Repeat("\x00\xff\r\n", 1<<20)
	names := []string{"", "\x00", "\x00b", "with space", "\xff*[?"}
	a, b := old.listen(names...), doors[2].listen(names...)
	for _, name := range names {
		assert.Equal(t, 2, doors[1].publish(name, "m"+name), "%q", name)
		assert.Equal(t, 2, old.publish(name, "o"+name), "%q", name)
	}
	old.publish("with space", large)
	doors[1].publish("with space", large)
	for _, l := range []*listener{a, b} {
		awaitN(l, 2*len(names)+2)
		assert.Len(t, l.heard(), 2*len(names)+2)
	}
}

// Replies come in the order of their commands, though those of PUBLISH wait.
func TestRepliesKeepTheOrderOfCommands(t *testing.T) {
	sites, old, doors := world(t)
	old.listen("c")
	door := doors[1]
	var commands []rueidis.Completed
	var want []string
	for range 50 {
		for _, c := range []struct{ command, reply string }{
			{"PUBLISH c x", "1"}, {"PUBLISH none x", "0"}, {"ECHO a", "a"}, {"PUBLISH c", "wrong number of arguments for 'publish' command"},
			{"PUBLISH c x", "1"}, {"SPUBLISH c x", "0"}, {"NONE", "unknown command 'NONE': the signalmesh endpoint " + sites[1].address() + " is for publish and subscribe only; connect to a Redis server for stored data"},
		} {
			commands = append(commands, door.B().Arbitrary(strings.Fields(c.command)...).Build())
			want = append(want, c.reply)
		}
	}
	var got []string
	for _, r := range door.DoMulti(t.Context(), commands...) {
		m, err := r.ToMessage()
		text := fmt.Sprint(err)
		if err == nil {
			if n, err := m.AsInt64(); err == nil {
				text = fmt.Sprint(n)
			} else {
				text, _ = m.ToString()
			}
		}
		got = append(got, text)
	}
	assert.Equal(t, want, got)
}
