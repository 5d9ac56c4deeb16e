package measure

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryCaseIsComplete(t *testing.T) {
	length := time.Duration(0)
	for _, name := range Names() {
		c, err := Named(name, 7)
		require.NoError(t, err, name)
		assert.NotEmpty(t, c.Question, name)
		assert.NotEmpty(t, c.Figures, name)
		assert.EqualValues(t, 7, c.Seed)
		length += c.Warmup.D() + c.Duration.D() + c.Drain.D()
	}
	assert.Less(t, length, 6*time.Minute, "the measurement is bounded")
	_, err := Named("nothing", 1)
	assert.ErrorContains(t, err, "regions-loss")
}

func TestFiguresAreThoseThatProcessesSaw(t *testing.T) {
	const ms = int64(time.Millisecond)
	o := outage{begin: 1000 * ms, end: 6000 * ms, lost: func(by, of int) bool { return by != of && of == 1 }}
	seen := []sighting{
		{
			Node: 0, Started: 0, Alive: [][2]int64{{0, 0}, {50 * ms, 1}},
			Received: [][2]int64{{0, 10 * ms}, {2000 * ms, 7200 * ms}, {5900 * ms, 6100 * ms}},
			Noticed:  []notice{{1, "suspect", 3100 * ms}, {1, "gone", 5000 * ms}, {1, "suspect", 8000 * ms}},
		},
		{Node: 1, Started: 20 * ms, Alive: [][2]int64{{20 * ms, 0}, {60 * ms, 1}}},
	}
	f := figures(seen, []outage{o}, time.Second)
	assert.InDelta(t, 200, f[P50], 1e-9)
	assert.InDelta(t, 1200, f[Heal], 1e-9, "what took less than late_after was not held up")
	assert.InDelta(t, 2100, f[Suspect], 1e-9)
	assert.InDelta(t, 4000, f[Detect], 1e-9)
	assert.InDelta(t, 40, f[Join], 1e-9, "the first server was alone at its start")
}

func TestADeviationAboveTheLimitIsNamed(t *testing.T) {
	r := row("x", P50, Figures{P50: 10}, Figures{P50: 12}, Figures{P50: 10.5})
	assert.True(t, r.CoreOK)
	assert.True(t, r.StackOK)
	r = row("x", P50, Figures{P50: 8}, Figures{}, Figures{P50: 10.5})
	assert.False(t, r.CoreOK)
	assert.Contains(t, r.Cells()[5], "above the limit")
	assert.Equal(t, "not observed", r.Cells()[6])
}
