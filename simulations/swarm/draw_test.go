package swarm

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/scenario"
)

func TestEverySeedDrawsAScenarioThatCanBeRun(t *testing.T) {
	done := map[scenario.Act]int{}
	for seed := uint64(1); seed <= 2000; seed++ {
		text, err := Draw(seed)
		require.NoError(t, err)
		s, err := scenario.Parse("drawn.yaml", text)
		require.NoError(t, err, "%s", text)
		assert.Equal(t, fmt.Sprintf("swarm-%d", seed), s.Name)
		assert.Equal(t, seed, s.Seed)
		for _, f := range s.Faults {
			done[f.Do]++
		}
	}
	for _, act := range scenario.Acts {
		assert.Greater(t, done[act], 100, "%s is drawn", act)
	}
}

func TestASeedDrawsTheSameScenarioAgain(t *testing.T) {
	first, err := Draw(7)
	require.NoError(t, err)
	again, err := Draw(7)
	require.NoError(t, err)
	other, err := Draw(8)
	require.NoError(t, err)
	assert.Equal(t, string(first), string(again))
	assert.NotEqual(t, string(first), string(other))
}
