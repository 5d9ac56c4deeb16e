//go:build !race

// The whole program takes the race detector long here, and the runtime of Go 1.26 has once
// failed in a timer of libp2p in a bubble under it. "make test-agreement" runs this file.

package stack

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
	"github.com/signalmesh/signalmesh/simulations/virtual"
)

// both runs a case of package virtual in core mode and in stack mode.
func both(t *testing.T, name string, change func(*scenario.Scenario)) (core, whole result.Result) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "virtual", "testdata", name+".yaml"))
	require.NoError(t, err)
	s, err := scenario.Parse(name+".yaml", text)
	require.NoError(t, err)
	if change != nil {
		change(&s)
	}
	core, err = virtual.Run(t.Context(), s, nil)
	require.NoError(t, err)
	whole, err = Run(t.Context(), s, nil)
	require.NoError(t, err)
	assert.Empty(t, whole.Broken)
	return core, whole
}

func TestBothModesMeanTheSameByDetect(t *testing.T) {
	power := func(s *scenario.Scenario) { s.Faults[0].Do, s.Faults[0].For = scenario.PowerLoss, 0 }
	for _, c := range []struct {
		name   string
		change func(*scenario.Scenario)
	}{{"frozen", nil}, {"frozen", power}, {"cut-off-for-good", nil}} {
		core, whole := both(t, c.name, c.change)
		assert.Equal(t, core.Suspect.Count, whole.Suspect.Count, c.name)
		assert.Equal(t, core.Detect.Count, whole.Detect.Count, c.name)
		assert.InEpsilon(t, core.Suspect.P50MS, whole.Suspect.P50MS, 0.25, c.name)
		assert.InEpsilon(t, core.Detect.P50MS, whole.Detect.P50MS, 0.1, c.name)
	}
}

// How soon a killed server is gone depends on when its peers dial it again: from 42 to 448 ms
// with real processes.
func TestBothModesDetectAKilledServerSoon(t *testing.T) {
	core, whole := both(t, "killed", nil)
	for _, r := range []result.Result{core, whole} {
		assert.EqualValues(t, 7, r.Suspect.Count, r.Mode)
		assert.EqualValues(t, 7, r.Detect.Count, r.Mode)
		assert.Less(t, r.Suspect.MaxMS, 15.0, r.Mode)
		assert.Less(t, r.Detect.MaxMS, 700.0, r.Mode)
		assert.Greater(t, r.Detect.P50MS, r.Suspect.P50MS, r.Mode)
	}
}

func TestBothModesHealWithTCPsNextTry(t *testing.T) {
	for _, name := range []string{"short-cut", "short-partition"} {
		core, whole := both(t, name, nil)
		assert.InEpsilon(t, core.Heal.MaxMS, whole.Heal.MaxMS, 0.25, name)
	}
}

func TestBothModesKeepLinesWithinTheirCapacity(t *testing.T) {
	core, whole := both(t, "overload", func(s *scenario.Scenario) {
		s.Regions[0].Nodes = 3
		s.Duration /= 2
	})
	for _, r := range []result.Result{core, whole} {
		assert.True(t, r.Bottleneck.Full, r.Mode)
		assert.LessOrEqual(t, r.Bottleneck.Peak, 1.0001, r.Mode)
		for _, s := range r.Servers {
			assert.LessOrEqual(t, float64(s.SentBytes)*8, 10e6*10*1.02, "%s of %s", s.Name, r.Mode)
		}
	}
}
