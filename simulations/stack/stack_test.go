package stack

import (
	"context"
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
	assert.NotZero(t, a.Wanted())
	assert.NotEmpty(t, r.Checks)
	assert.True(t, r.OK(), "%+v", r.Checks)
	assert.Equal(t, last.Of, last.Virtual)
}

func TestFaultsAreThoseOfTheScenario(t *testing.T) {
	s := small(t, "steady", 4, func(s *scenario.Scenario) {
		s.Duration, s.Drain = scenario.Duration(25*time.Second), scenario.Duration(20*time.Second)
		s.Faults = []scenario.Fault{
			{At: scenario.Duration(2 * time.Second), Do: scenario.Kill, Nodes: []scenario.Selector{"4"}},
			{At: scenario.Duration(4 * time.Second), For: scenario.Duration(5 * time.Second), Do: scenario.Pause, Nodes: []scenario.Selector{"3"}},
			{At: scenario.Duration(12 * time.Second), For: scenario.Duration(4 * time.Second), Do: scenario.Cut, Between: []scenario.Selector{"1", "2"}, Reset: true},
			{At: scenario.Duration(20 * time.Second), Do: scenario.Restart, Nodes: []scenario.Selector{"2"}},
		}
	})
	r, err := Run(t.Context(), s, nil)
	require.NoError(t, err)
	assert.True(t, r.OK(), "%v %+v", r.Broken, r.Checks)
	assert.Equal(t, uint64(3), r.Detect.Count, "three noticed that node-4 was killed")
	assert.Equal(t, 1, r.Servers[1].Restarts)
	assert.Positive(t, total(r).Late, "what node-3 missed while it was paused")
	assert.Equal(t, 3, r.Timeline[len(r.Timeline)-1].Living)
}

func TestARunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Run(ctx, small(t, "steady", 4), func(result.Progress) { cancel() })
	assert.ErrorIs(t, err, context.Canceled)
}

func TestASettingThatTheProgramLacksIsNamed(t *testing.T) {
	_, err := Run(t.Context(), small(t, "steady", 4, func(s *scenario.Scenario) { s.Mesh.FloodPublish = new(bool) }), nil)
	assert.ErrorContains(t, err, "mesh.flood_publish")
	assert.ErrorContains(t, err, "without --stack")
	_, err = Run(t.Context(), small(t, "steady", 4, func(s *scenario.Scenario) { s.Mesh.Degree = 1 }), nil)
	assert.ErrorContains(t, err, "mesh.degree")
}

func TestSettingsOfTheMeshAreThoseOfTheScenario(t *testing.T) {
	r, err := Run(t.Context(), small(t, "steady", 8, func(s *scenario.Scenario) {
		s.Mesh.Direct, s.Mesh.Degree, s.Mesh.Backlog = 1, 2, 1<<20
		s.Mesh.SuspectAfter, s.Mesh.GoneAfter = scenario.Duration(2*time.Second), scenario.Duration(4*time.Second)
	}), nil)
	require.NoError(t, err)
	assert.True(t, r.OK(), "%v %+v", r.Broken, r.Checks)
	links := 0
	for _, s := range r.Servers {
		links += s.Links
	}
	assert.Less(t, links, 8*7, "not everybody has a link to everybody")
	assert.Equal(t, total(r).Offered, total(r).Delivered, "the topic carries the rest")
}
