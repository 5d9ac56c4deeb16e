package report

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzRoundTicks holds that ticks are within the axis, rise evenly by 1, 2 or 5
// times a power of ten, and are few but not too few.
func FuzzRoundTicks(f *testing.F) {
	f.Add(0.0, 10.0, 5)
	f.Add(-3.7, 1234.5, 4)
	f.Add(0.0, 1e-9, 6)
	f.Add(1e15, 1e15+1, 3)
	f.Add(math.Inf(-1), 0.0, 3)
	f.Add(-math.MaxFloat64, math.MaxFloat64, 5)
	f.Fuzz(func(t *testing.T, lo, hi float64, n int) {
		n = min(n, 1000)
		ticks := roundTicks(lo, hi, n)
		require.LessOrEqual(t, len(ticks), max(n+1, 0))
		step := roundStep(hi-lo, n)
		for i, v := range ticks {
			require.True(t, finite(v) && v >= lo && v <= hi, "%v is not from %v to %v", v, lo, hi)
			if i > 0 {
				require.InEpsilon(t, step, v-ticks[i-1], 1e-3)
			}
		}
		if step == 0 {
			return
		}
		require.GreaterOrEqual(t, step*float64(n), (hi-lo)*(1-1e-6))
		if step > 1e-300 {
			first := step / math.Pow10(int(math.Floor(math.Log10(step)+1e-9)))
			require.True(t, slices.ContainsFunc([]float64{1, 2, 5, 10}, func(round float64) bool { return math.Abs(first-round) < 1e-6 }), "%v is not a round step", step)
		}
	})
}

// FuzzLogTicks holds that ticks are within the axis, rise, are no more than
// asked for, and are 1, 2, 3 or 5 times a power of ten or an end of the axis.
func FuzzLogTicks(f *testing.F) {
	f.Add(0.001, 10.0, 5)
	f.Add(1e-9, 1e9, 4)
	f.Add(5e-324, math.MaxFloat64, 6)
	f.Add(1.0, 1.1, 6)
	f.Fuzz(func(t *testing.T, lo, hi float64, n int) {
		n = min(n, 1000)
		ticks := logTicks(lo, hi, n)
		require.LessOrEqual(t, len(ticks), max(n+1, 0))
		require.True(t, slices.IsSorted(ticks))
		for _, v := range ticks {
			require.True(t, v >= lo && v <= hi)
		}
	})
}

func FuzzLogEnds(f *testing.F) {
	f.Add(0.0013, 0.9)
	f.Add(1.0, 1.0)
	f.Fuzz(func(t *testing.T, a, b float64) {
		lo, hi := min(a, b), max(a, b)
		if !(lo > 1e-300) || !(hi < 1e300) {
			return
		}
		down, up := logEnds(lo, hi)
		require.Greater(t, up, down)
		require.LessOrEqual(t, down, lo*(1+1e-8))
		require.GreaterOrEqual(t, up, hi*(1-1e-8))
		require.GreaterOrEqual(t, down, lo/2.6)
	})
}

func TestTicksOfATypicalAxis(t *testing.T) {
	texts := func(a axis, n int) (texts []string) {
		for _, t := range a.ticks(n) {
			texts = append(texts, t.text)
		}
		return texts
	}
	assert.Equal(t, []string{"0", "2", "4", "6", "8", "10"}, texts(clock(0, 600), 5))
	assert.Equal(t, "virtual time (min)", clock(0, 600).title())
	assert.Equal(t, []string{"0", "20", "40", "60"}, texts(clock(-10, 60), 4))
	assert.Equal(t, []string{"0", "0.5", "1.0", "1.5", "2.0"}, texts(axis{hi: 2, unit: pieces[0]}, 4))
	latency := between("latency", 0.0013, 0.9, inSeconds)
	assert.Equal(t, []string{"1 ms", "10 ms", "100 ms", "1 s"}, texts(latency, 5))
	assert.Equal(t, []string{"1 ms", "2 ms", "5 ms", "10 ms", "20 ms", "50 ms", "100 ms", "200 ms", "500 ms", "1 s"}, texts(latency, 12))
	assert.Equal(t, []string{"0", "1", "2", "3"}, texts(upTo("memory", 2.4*(1<<20), memoryUnits), 4))
	assert.Equal(t, []string{"0", "1", "2"}, texts(axis{names: []string{"0", "1", "2"}, hi: 3}, 5))
	assert.Len(t, texts(axis{names: make([]string, 100), hi: 100}, 5), 5)
}
