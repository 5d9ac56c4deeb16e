package stack

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// small is a builtin scenario with few nodes and a short time.
func small(t testing.TB, name string, nodes int, change ...func(*scenario.Scenario)) scenario.Scenario {
	s, err := scenario.Builtin(name)
	require.NoError(t, err)
	if nodes > 0 {
		s.Regions[0].Nodes = nodes
	}
	s.Duration, s.Drain = scenario.Duration(10*time.Second), scenario.Duration(5*time.Second)
	for _, f := range change {
		f(&s)
	}
	s, err = s.Complete()
	require.NoError(t, err)
	return s
}

func total(r result.Result) result.Account { return r.Account[len(r.Account)-1] }

func TestASteadyMeshDeliversEverything(t *testing.T) {
	var last result.Progress
	r, err := Run(t.Context(), small(t, "steady", 4), func(p result.Progress) { last = p })
	require.NoError(t, err)
	a := total(r)
	assert.Greater(t, a.Published, uint64(300))
	assert.Equal(t, 3*a.Published, a.Offered)
	assert.Equal(t, a.Offered, a.Delivered)
	assert.Empty(t, r.Broken)
	assert.True(t, r.OK(), "%+v", r.Checks)
	assert.Equal(t, last.Of, last.Virtual)
}
