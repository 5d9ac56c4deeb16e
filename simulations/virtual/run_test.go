package virtual

import (
	"encoding/json"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// short returns a builtin scenario of at most so many seconds.
func short(t *testing.T, name string, seed uint64) scenario.Scenario {
	s, err := scenario.Builtin(name)
	require.NoError(t, err)
	s.Seed = seed
	return s
}

func run(t *testing.T, s scenario.Scenario) result.Result {
	r, err := Run(t.Context(), s, nil)
	require.NoError(t, err)
	return r
}

func total(r result.Result) result.Account { return r.Account[len(r.Account)-1] }

func TestTheSameSeedGivesTheSameResultAtAnyNumberOfCores(t *testing.T) {
	var first []byte
	for _, cores := range []int{1, 4} {
		was := runtime.GOMAXPROCS(cores)
		s := short(t, "churn", 7)
		s.Duration = scenario.Duration(15 * time.Second)
		r := run(t, s)
		runtime.GOMAXPROCS(was)
		r.WallSeconds = 0
		b, err := json.Marshal(r)
		require.NoError(t, err)
		if first == nil {
			first = b
		}
		require.Equal(t, string(first), string(b))
	}
}

func TestNoBuiltinScenarioBreaksAPromise(t *testing.T) {
	for _, name := range scenario.Names() {
		if name == "group-heavy" || name == "flash-join" {
			continue // "make sim" runs the large ones
		}
		t.Run(name, func(t *testing.T) {
			r := run(t, short(t, name, 3))
			assert.Empty(t, r.Broken)
			require.GreaterOrEqual(t, len(r.Checks), 2, "the account, and the latency of paths")
			for _, c := range r.Checks {
				assert.True(t, c.OK, "%+v", c)
			}
			assert.True(t, r.OK())
			assert.NotZero(t, total(r).Delivered)
		})
	}
}

func TestAKilledNodeIsNoticed(t *testing.T) {
	s := short(t, "steady", 1)
	s.Regions[0].Nodes = 5
	s.Duration = scenario.Duration(20 * time.Second)
	s.Faults = []scenario.Fault{{At: scenario.Duration(5 * time.Second), Do: scenario.Kill, Nodes: []scenario.Selector{"2"}}}
	r := run(t, s)
	assert.Empty(t, r.Broken)
	assert.EqualValues(t, 4, r.Detect.Count)
	assert.Less(t, r.Detect.MaxMS, 1000.0)
	assert.Equal(t, 4, r.Timeline[len(r.Timeline)-1].Living)
}

func TestAPausedNodeGetsWhatItMissed(t *testing.T) {
	for _, length := range []time.Duration{3 * time.Second, 20 * time.Second} {
		s := short(t, "steady", 1)
		s.Regions[0].Nodes = 5
		s.Duration = scenario.Duration(30 * time.Second)
		s.Faults = []scenario.Fault{{At: scenario.Duration(5 * time.Second), For: scenario.Duration(length), Do: scenario.Pause, Nodes: []scenario.Selector{"2"}}}
		r := run(t, s)
		assert.Empty(t, r.Broken)
		assert.Equal(t, total(r).Offered, total(r).Delivered)
		assert.NotZero(t, total(r).Late)
		require.GreaterOrEqual(t, len(r.Checks), 2, "the account, and the latency of paths")
		for _, c := range r.Checks {
			assert.True(t, c.OK, "what waits for the node is no latency of its path: %+v", c)
		}
	}
}

func TestWhatAPartitionLongerThanTheWindowLosesIsReported(t *testing.T) {
	s := short(t, "partition-heal", 1)
	s.Mesh.ReplayAge = scenario.Duration(15 * time.Second)
	r := run(t, s)
	assert.Empty(t, r.Broken)
	assert.NotZero(t, total(r).ReportedLost)
	assert.Zero(t, total(r).Unaccounted)
}

func TestAResetLosesNothing(t *testing.T) {
	s := short(t, "asymmetric-link", 1)
	s.Faults[0].Reset = true
	r := run(t, s)
	assert.Empty(t, r.Broken)
	assert.Equal(t, total(r).Offered, total(r).Delivered)
}

func TestApplicationsApartFindTheirOwnSeeds(t *testing.T) {
	s, err := scenario.Parse("apart.yaml", []byte(`
duration: 5s
regions: [{name: all, nodes: 12}]
applications:
  - {name: chat, nodes: [1-6], load: [{to: broadcast, rate: 5}]}
  - {name: game, nodes: [7-12], load: [{to: broadcast, rate: 5}]}
`))
	require.NoError(t, err)
	s, err = s.Complete()
	require.NoError(t, err)
	r := run(t, s)
	assert.Empty(t, r.Broken)
	assert.Equal(t, total(r).Published*5, total(r).Delivered, "each has the five others of its application")
}

func TestEventsComeInOrder(t *testing.T) {
	var q queue
	times := []time.Duration{5, time.Hour, 3, 3, 5 * time.Second, time.Minute, 4096 * slotTime, 4095 * slotTime, 0}
	for _, at := range times {
		q.push(event{at: at})
	}
	var last event
	for range times {
		e := q.pop()
		require.False(t, e.before(&last), "%v after %v", e.at, last.at)
		last = e
	}
	assert.Equal(t, time.Hour, last.at)
}

func TestChurnWithoutALengthGoesOnToTheEnd(t *testing.T) {
	s := short(t, "steady", 1)
	s.Regions[0].Nodes = 5
	s.Duration, s.Drain = scenario.Duration(8*time.Second), scenario.Duration(5*time.Second)
	s.Faults = []scenario.Fault{{At: scenario.Duration(time.Second), Do: scenario.Churn, Every: scenario.Duration(2 * time.Second), Down: scenario.Duration(time.Second)}}
	r := run(t, s)
	restarts := 0
	for _, server := range r.Servers {
		restarts += server.Restarts
	}
	assert.Equal(t, 6, restarts, "at 1, 3, … 11 s, each a second away")
	assert.Empty(t, r.Broken)
}
