package virtual

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// regions returns the built-in scenario with a cut of some length; 0: none.
func regions(t *testing.T, cut, window time.Duration) scenario.Scenario {
	t.Helper()
	s, err := scenario.Builtin("three-regions")
	require.NoError(t, err)
	s.Mesh.ReplayAge = scenario.Duration(window)
	s.Duration = scenario.Duration(cut + time.Minute)
	s.Faults[0].For = scenario.Duration(cut)
	if cut == 0 {
		s.Faults = nil
	}
	return s
}

func TestWhatThreeRegionsCost(t *testing.T) {
	r := sound(t, regions(t, 0, 0))
	copies, idle := uint64(0), 0.0
	for _, v := range r.Traffic {
		if v.From != v.To {
			copies += v.Deliveries
			idle += v.IdleBitsPerSecond
		}
	}
	assert.Equal(t, 20*total(r).Published, copies)
	assert.InEpsilon(t, 43.5, idle*86400/8/1e9, 0.15, "GB a day; 43.5 were measured")
}

func TestWhatThreeRegionsSurvive(t *testing.T) {
	r := sound(t, regions(t, time.Minute, 0))
	assert.Equal(t, total(r).Offered, total(r).Delivered)
	assert.InEpsilon(t, 4400, r.Heal.MaxMS, 0.25, "4.4 s were measured")
	assert.Zero(t, lost(r))

	r = sound(t, regions(t, 3*time.Minute, 0))
	assert.Positive(t, lost(r), "the window is 2 minutes")
	r = sound(t, regions(t, 3*time.Minute, 10*time.Minute))
	assert.Zero(t, lost(r))
}

func lost(r result.Result) uint64 { return total(r).ReportedLost + total(r).Unaccounted }
