package account

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/load"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// opened is a book of three ready nodes with 10 clients each, and its clock.
func opened(t *testing.T, text string) (*Book, *time.Duration) {
	t.Helper()
	s, err := scenario.Parse("test.yaml", []byte("regions: [{name: a, nodes: 3}]\napplications: [{name: app, clients: 10}]\n"+text))
	require.NoError(t, err)
	clock := new(time.Duration)
	*clock = -5 * time.Second
	b := New(&s, func() time.Duration { return *clock })
	for node := range 3 {
		b.Ready(b.Started(node), time.Second)
	}
	return b, clock
}

func TestWhatWasNotOfferedHasAReason(t *testing.T) {
	b, _ := opened(t, "")
	all := []int{0, 1, 2}
	message := func(id uint64) load.Message { return load.Message{ID: id, Class: scenario.Broadcast, Size: 10} }
	b.Ended(2, false)
	b.Published(message(1), 0, []int{1, 2}, all) // node-1 still counts node-3
	b.Started(2)
	b.Published(message(2), 0, []int{1}, all) // node-3 is back, and node-1 does not know it yet
	b.Published(message(3), 0, []int{1, 3}, all)
	for id := range uint64(3) {
		b.Delivered(Delivery{ID: id + 1, To: 1, From: 0})
	}
	b.Delivered(Delivery{ID: 2, To: 3, From: 0}) // sent to be safe
	b.Delivered(Delivery{ID: 3, To: 3, From: 0})
	b.Ready(3, time.Second)
	b.Published(message(4), 0, []int{1}, all) // node-3 is ready, and node-1 does not know it
	b.Delivered(Delivery{ID: 4, To: 1, From: 0})
	b.Unpublished(load.Message{Node: 2, Class: scenario.Broadcast})
	r := b.Settle()
	a := r.Total()
	assert.EqualValues(t, 1, a.ReceiverDown)
	assert.EqualValues(t, 1, a.ReceiverUnknown)
	assert.EqualValues(t, 6, a.Offered, "what arrived in spite of it was offered")
	assert.EqualValues(t, 6, a.Delivered)
	assert.EqualValues(t, 8, a.Wanted())
	assert.EqualValues(t, 1, a.Unpublished)
	assert.Zero(t, a.Ended, "a process that has ended is offered nothing")
	assert.Empty(t, r.Broken)
}

func TestANodeThatHasNotBeenReadyYetMissesNothing(t *testing.T) {
	s, err := scenario.Scenario{Name: "test"}.Complete()
	require.NoError(t, err)
	b := New(&s, func() time.Duration { return 0 })
	b.Started(0)
	b.Started(2) // and is not ready
	b.Published(load.Message{ID: 1, Class: scenario.Broadcast}, 0, nil, []int{0, 1, 2})
	b.Unpublished(load.Message{Node: 1, Class: scenario.Broadcast})
	assert.Zero(t, b.Settle().Total().Wanted())
	assert.Zero(t, b.Settle().Total().Unpublished)
}

func TestUsersAreAwayUntilTheirServerIsReadyAgain(t *testing.T) {
	b, clock := opened(t, "duration: 60s")
	*clock = 10 * time.Second
	b.Ended(1, true)
	*clock = 12 * time.Second
	b.Started(1)
	*clock = 14 * time.Second
	b.Ready(3, 2*time.Second)
	*clock = 50 * time.Second
	b.Ended(2, false)
	*clock = 70 * time.Second
	b.Ready(b.Started(2), time.Second) // after the load
	a := b.Settle().Availability
	assert.Equal(t, 3, a.Servers)
	assert.Equal(t, 2, a.Down)
	assert.Equal(t, 1, a.DownAtEnd)
	assert.Equal(t, 30, a.Users.Clients)
	assert.EqualValues(t, 20, a.Users.Disconnects)
	assert.Equal(t, 10, a.Users.AwayAtEnd)
	assert.InEpsilon(t, 4000, a.Users.Away.P50MS, 0.01)
	assert.InEpsilon(t, 10_000, a.Users.Away.MaxMS, 0.01)
	assert.InDelta(t, float64(10*4+10*10)/(30*60), a.Users.AwayShare, 1e-9)
}

func TestServersThatCannotReachOthersAreCounted(t *testing.T) {
	for text, want := range map[string][3]int{ // cut off, paths, paused
		`faults: [{at: 1s, for: 9s, do: cut, between: ["3", 1-2]}]`:                     {1, 2, 0},
		`faults: [{at: 1s, for: 9s, do: cut, between: ["1", "2"]}]`:                     {0, 1, 0},
		`faults: [{at: 1s, for: 9s, do: cut, between: [all, all]}]`:                     {3, 3, 0},
		`faults: [{at: 1s, for: 9s, do: partition, groups: ["1", "2"]}]`:                {0, 1, 0},
		`faults: [{at: 1s, for: 9s, do: degrade, nodes: ["1"], loss: 100%}]`:            {1, 2, 0},
		`faults: [{at: 1s, for: 9s, do: degrade, between: ["1", "2-3"], loss: 50%}]`:    {0, 0, 0},
		`faults: [{at: 1s, for: 9s, do: pause, nodes: [1-2]}]`:                          {0, 0, 2},
		`faults: [{at: 1s, for: 9s, do: degrade, between: ["1", "2-3"], loss: 100.0%}]`: {1, 2, 0},
	} {
		b, _ := opened(t, text)
		a := b.Settle().Availability
		assert.Equal(t, want, [3]int{a.CutOff, a.CutPaths, a.Paused}, text)
		lasts := 9.0
		if want == [3]int{} {
			lasts = 0
		}
		assert.InDelta(t, lasts, a.CutSeconds+a.PauseSeconds, 1e-9, text)
	}
}

func TestPartsHaveTheirOwnTimes(t *testing.T) {
	s, err := scenario.Parse("test.yaml", []byte(`
regions: [{name: eu, nodes: 1}, {name: us, nodes: 2}]
applications: [{name: app, groups: {count: 1}, load: [{to: broadcast, rate: 1}, {to: group, rate: 1}]}]
faults: [{at: 10s, for: 10s, do: cut, between: [eu, us], label: Atlantic}, {at: 40s, do: kill, nodes: ["3"]}]
`))
	require.NoError(t, err)
	b := New(&s, func() time.Duration { return 0 })
	for node := range 3 {
		b.Started(node)
	}
	for id, m := range []struct {
		at       time.Duration
		class    scenario.Class
		by, to   int
		took     time.Duration
		repaired bool
	}{
		{5 * time.Second, scenario.Broadcast, 0, 1, time.Millisecond, false},
		{15 * time.Second, scenario.Broadcast, 0, 2, 7 * time.Second, true},
		{44 * time.Second, scenario.Group, 1, 0, 3 * time.Millisecond, false},
		{46 * time.Second, scenario.Group, 1, 2, 4 * time.Millisecond, false},
	} {
		b.Published(load.Message{ID: uint64(id + 1), At: m.at, Class: m.class, Size: 1}, m.by, []int{m.to}, []int{m.to})
		b.Delivered(Delivery{ID: uint64(id + 1), To: m.to, From: m.by, At: m.at + m.took, Repaired: m.repaired})
	}
	r := b.Settle()
	require.Len(t, r.Classes, 2)
	assert.InEpsilon(t, 7000, r.Classes[0].Latency.MaxMS, 0.01)
	assert.InEpsilon(t, 4, r.Classes[1].Latency.MaxMS, 0.01)
	require.Len(t, r.Pairs, 3)
	assert.Equal(t, "eu to us", r.Pairs[0].Name)
	assert.EqualValues(t, 2, r.Pairs[0].Latency.Count)
	require.Len(t, r.Faults, 2)
	assert.EqualValues(t, 1, r.Faults[0].Latency.Count)
	assert.InEpsilon(t, 2000, r.Faults[0].Heal.MaxMS, 0.01)
	assert.EqualValues(t, 1, r.Faults[1].Latency.Count, "a kill counts for 5 s")
	assert.Zero(t, r.Faults[1].Heal.Count)
}
