package swarm

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const calm = "duration: 2s\nwarmup: 5s\ndrain: 3s\nregions: [{name: a, nodes: 3}]\n"

func TestAScenarioThatHoldsHasNoFailure(t *testing.T) {
	failure, err := Try(t.Context(), []byte(calm), Limits{Again: true})
	require.NoError(t, err)
	assert.Nil(t, failure)
}

func TestAScenarioThatCannotBeReadIsAFailure(t *testing.T) {
	failure, err := Try(t.Context(), []byte("nodes: many\n"), Limits{})
	require.NoError(t, err)
	require.NotNil(t, failure)
	assert.Equal(t, Invalid, failure.Kind)
}

func TestARunThatTakesTooLongIsAFailure(t *testing.T) {
	failure, err := Try(t.Context(), []byte("duration: 10h\nregions: [{name: a, nodes: 20}]\n"), Limits{Wall: 50 * time.Millisecond})
	require.NoError(t, err)
	require.NotNil(t, failure)
	assert.Equal(t, Hang, failure.Kind)
	assert.Contains(t, failure.Text, "the run took more than 50ms")
}

func TestTheEndOfTheContextIsNoFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	failure, err := Try(ctx, []byte("duration: 1h\nregions: [{name: a, nodes: 20}]\n"), Limits{})
	require.ErrorIs(t, err, context.Canceled)
	assert.Nil(t, failure)
}

func TestAResultIsJudged(t *testing.T) {
	assert.Nil(t, judge(result.Result{}))
	broken := judge(result.Result{Broken: []string{"one", "two"}})
	assert.Equal(t, &Failure{Kind: Promise, Text: "one", Also: []string{"two"}}, broken)
	assert.Equal(t, Check, judge(result.Result{Checks: []result.Check{{Name: "loss", Set: 1, Measured: 2}}}).Kind)
	assert.Equal(t, Check, judge(result.Result{Account: []result.Account{{Offered: 1}}}).Kind)
}

func TestAPanicIsAFailureWithItsPlace(t *testing.T) {
	o := guarded(t.Context(), scenario.Scenario{}, func(context.Context, scenario.Scenario) (result.Result, error) { panic("broken") })
	require.NotNil(t, o.failure)
	assert.Equal(t, Panic, o.failure.Kind)
	assert.Contains(t, o.failure.Text, "panic: broken, in simulations/swarm.TestAPanicIsAFailureWithItsPlace")
	assert.NotEmpty(t, o.failure.Stack)
}

func TestFailuresThatDifferInNumbersAreAlike(t *testing.T) {
	f := &Failure{Kind: Promise, Text: "message 5 of node-1 arrived twice at node-2"}
	other := &Failure{Kind: Promise, Text: "node-3 is not ready", Also: []string{"message 61 of node-12 arrived twice at node-7"}}
	alike := f.In(other)
	require.NotNil(t, alike)
	assert.Equal(t, "message 61 of node-12 arrived twice at node-7", alike.Text)
	assert.Equal(t, []string{"node-3 is not ready"}, alike.Also)
	assert.Nil(t, f.In(&Failure{Kind: Check, Text: f.Text}))
	assert.Nil(t, f.In(&Failure{Kind: Promise, Text: "node-3 is not ready"}))
	assert.Nil(t, f.In(nil))
}
