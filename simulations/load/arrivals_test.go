package load

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// times are when the messages of a load come.
func times(t *testing.T, l scenario.Load) []time.Duration {
	t.Helper()
	l.To = scenario.Broadcast
	s, err := scenario.Scenario{
		Duration: scenario.Duration(100 * time.Second), Regions: []scenario.Region{{Name: "a", Nodes: 3}},
		Applications: []scenario.Application{{Name: "app", Load: []scenario.Load{l}}},
	}.Complete()
	require.NoError(t, err)
	var at []time.Duration
	for p := New(&s); ; {
		m, ok := p.Next()
		if !ok {
			return at
		}
		at = append(at, m.At)
	}
}

func within(at []time.Duration, from, to time.Duration) (n int) {
	for _, v := range at {
		if v >= from && v < to {
			n++
		}
	}
	return n
}

func TestRandomArrivalsAreAPoissonProcess(t *testing.T) {
	at := times(t, scenario.Load{Rate: 100})
	assert.InDelta(t, 10_000, len(at), 400, "4 standard deviations")
	sum, squares := 0.0, 0.0
	for i := 1; i < len(at); i++ {
		gap := (at[i] - at[i-1]).Seconds()
		sum, squares = sum+gap, squares+gap*gap
	}
	n := float64(len(at) - 1)
	mean := sum / n
	assert.InDelta(t, 1, math.Sqrt(squares/n-mean*mean)/mean, 0.05, "the coefficient of variation of exponential gaps is 1")
}

func TestEvenArrivalsHaveEqualDistances(t *testing.T) {
	at := times(t, scenario.Load{Rate: 50, Arrivals: scenario.Even})
	assert.InDelta(t, 5000, len(at), 1)
	for i := 1; i < len(at); i++ {
		require.Equal(t, 20*time.Millisecond, at[i]-at[i-1])
	}
}

func TestARampGoesFromOneRateToTheOther(t *testing.T) {
	for _, arrivals := range []scenario.Arrivals{scenario.Random, scenario.Even} {
		at := times(t, scenario.Load{Rate: 20, Ramp: 180, Arrivals: arrivals})
		assert.InEpsilon(t, 10_000, len(at), 0.04, "100 a second on average")
		assert.InEpsilon(t, 280, within(at, 0, 10*time.Second), 0.25, "28 a second on average in the first tenth")
		assert.InEpsilon(t, 1720, within(at, 90*time.Second, 100*time.Second), 0.1)
	}
}

func TestATraceIsFollowed(t *testing.T) {
	sec := func(n int) scenario.Duration { return scenario.Duration(time.Duration(n) * time.Second) }
	trace := []scenario.RatePoint{{At: sec(10), Rate: 100}, {At: sec(30), Rate: 100}, {At: sec(40), Rate: 0}, {At: sec(60), Rate: 0}, {At: sec(61), Rate: 50}}
	at := times(t, scenario.Load{Trace: trace, Arrivals: scenario.Even})
	assert.InDelta(t, 3000, within(at, 0, 30*time.Second), 3)
	assert.InDelta(t, 500, within(at, 30*time.Second, 40*time.Second), 3)
	assert.Zero(t, within(at, 41*time.Second, 60*time.Second))
	assert.InDelta(t, 1950, within(at, 61*time.Second, 100*time.Second), 3)
}
