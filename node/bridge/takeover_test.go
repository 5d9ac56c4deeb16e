package bridge_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/bridge"
)

// Three nodes may bridge: one does, and each time it is closed another takes over.
func TestOneNodeBridgesAndAnotherTakesOver(t *testing.T) {
	r := startRedis(t)
	sites := openSites(t, 3, 3, r.url())
	old := dial(t, "old", r.address)
	atOld := old.listen("c")
	for round := range 3 {
		active := awaitBridge(t, sites...)
		for i, s := range sites {
			want := bridge.Standby
			if s == active {
				want = bridge.Bridging
			}
			require.Eventually(t, func() bool { return s.bridge.Status().State == want }, patience, time.Millisecond, "node %d in round %d", i, round)
		}
		l := dial(t, "door", sites[0].address()).listen("c")
		require.Eventually(t, func() bool { return old.numsub("c") == 2 }, patience, time.Millisecond)
		for i, s := range sites {
			text := fmt.Sprintf("round %d node %d", round, i)
			assert.Equal(t, 2, dial(t, "door", s.address()).publish("c", text))
			atOld.await("c " + text)
		}
		old.publish("c", fmt.Sprint("end ", round))
		assert.Len(t, l.await(fmt.Sprint("c end ", round)), len(sites)+1, "everything once")
		l.unsubscribe("c")
		require.NoError(t, active.close())
		sites = without(sites, active)
	}
	assert.Len(t, atOld.await("c end 2"), 3+2+1+3, "everything once")
	exists, err := old.Do(t.Context(), old.B().Exists().Key("signalmesh:bridge:demo/chat").Build()).AsInt64()
	require.NoError(t, err)
	assert.Zero(t, exists, "the last one gave the lease back")
}

func without(sites []*site, s *site) (rest []*site) {
	for _, o := range sites {
		if o != s {
			rest = append(rest, o)
		}
	}
	return rest
}

// The bridge is handed over under load: nobody hears anything twice or out of order.
func TestNothingComesTwiceOrOutOfOrderInATakeover(t *testing.T) {
	r := startRedis(t)
	sites := openSites(t, 3, 2, r.url())
	active := awaitBridge(t, sites...)
	old, door := dial(t, "old", r.address), dial(t, "door", sites[2].address())
	atOld, atDoor := old.listen("c"), door.listen("c")
	taken, published := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(published)
		publishUntil(taken, door, old)
	}()
	atDoor.await("c o10")
	require.NoError(t, active.close())
	awaitBridge(t, without(sites, active)...)
	close(taken)
	<-published
	assertOnceInOrder(t, atOld, atDoor)
}

// publishUntil publishes numbers from both sides until the bridge was taken over, a
// hundred after that, and an end.
func publishUntil(taken <-chan struct{}, door, old *client) {
	for i, after := 0, 0; after < 100; i++ {
		door.publish("c", fmt.Sprint("m", i))
		old.publish("c", fmt.Sprint("o", i))
		select {
		case <-taken:
			after++
		default:
		}
	}
	door.publish("c", "m-end")
	old.publish("c", "o-end")
}

func assertOnceInOrder(t *testing.T, listeners ...*listener) {
	for _, l := range listeners {
		l.await("c m-end")
		l.await("c o-end")
		heard := map[string][]int{}
		for _, text := range l.heard() {
			if n, err := strconv.Atoi(text[3:]); err == nil {
				heard[text[2:3]] = append(heard[text[2:3]], n)
			}
		}
		for publisher, numbers := range heard {
			assert.Greater(t, len(numbers), 100, publisher)
			assert.IsIncreasing(t, numbers, publisher)
		}
		assert.Len(t, heard, 2)
	}
}

// Redis is killed and started again: the mesh goes on meanwhile, and is told.
func TestTheMeshGoesOnWithoutRedis(t *testing.T) {
	r := startRedis(t)
	sites := openSites(t, 2, 1, r.url())
	active := awaitBridge(t, sites...)
	door := dial(t, "door", sites[1].address())
	l := door.listen("c")
	r.stop()
	require.Eventually(t, func() bool { return active.bridge.Status().State == bridge.Unreachable }, patience, time.Millisecond)
	assert.Equal(t, 1, door.publish("c", "alone"))
	assert.Equal(t, 1, dial(t, "door", active.address()).publish("c", "alone too"))
	l.await("c alone too")
	r.restart()
	awaitBridge(t, sites...)
	old := dial(t, "old", r.address)
	assert.Equal(t, 1, old.publish("c", "back"))
	l.await("c back")
	atOld := old.listen("c")
	assert.Equal(t, 2, door.publish("c", "again"))
	atOld.await("c again")
	assert.Equal(t, []string{"c alone", "c alone too", "c back", "c again"}, l.await("c again"))
	problems, err := testutil.GatherAndLint(active.metrics)
	require.NoError(t, err)
	assert.Empty(t, problems)
	families, err := active.metrics.Gather()
	require.NoError(t, err)
	values := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			values[f.GetName()] += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	assert.Equal(t, 1.0, values["signalmesh_bridge_interruptions_total"])
	assert.Equal(t, 1.0, values["signalmesh_bridge_active"])
	assert.Equal(t, 1.0, values["signalmesh_bridge_dropped_messages_total"], "what this node published while Redis was away")
}

// A node starts before its Redis does.
func TestRedisMayComeLater(t *testing.T) {
	r := startRedis(t)
	r.stop()
	sites := openSites(t, 2, 2, r.url())
	for _, s := range sites {
		require.Equal(t, bridge.Unreachable, s.bridge.Status().State)
	}
	assert.Zero(t, dial(t, "door", sites[1].address()).publish("c", "x"))
	r.restart()
	awaitBridge(t, sites...)
}

// Somebody takes the lease by force: who held it ceases.
func TestWhoLosesTheLeaseCeases(t *testing.T) {
	r := startRedis(t)
	sites := openSites(t, 2, 1, r.url())
	awaitBridge(t, sites...)
	old := dial(t, "old", r.address)
	require.NoError(t, old.Do(t.Context(), old.B().Set().Key("signalmesh:bridge:demo/chat").Value("somebody else").Build()).Error())
	require.Eventually(t, func() bool { return sites[0].bridge.Status().State == bridge.Standby }, patience, time.Millisecond)
	require.NoError(t, old.Do(t.Context(), old.B().Del().Key("signalmesh:bridge:demo/chat").Build()).Error())
	awaitBridge(t, sites...)
}
