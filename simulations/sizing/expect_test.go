package sizing

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/result"
)

func TestExpectationsAreHeldAgainstWhatWasMeasured(t *testing.T) {
	s := parse(t, `
duration: 20s
expect: {p99: 50ms, delivered: 99.9%, detect: 10s, heal: 4s, bytes: 64KiB, utilisation: 80%}
faults: [{at: 1s, for: 5s, do: pause, nodes: ["1"]}]`)
	r := quiet()
	r.Latency, r.Detect, r.Heal = result.Latency{Count: 1, P99MS: 50}, result.Latency{Count: 1, MaxMS: 10_001}, result.Latency{Count: 1, MaxMS: 3000}
	r.Bottleneck = result.Bottleneck{Name: "node-1 up", Use: result.Use{Peak: 0.79}}
	r.Account[0].ReceiverDown = 10
	Complete(&r, &s)
	require.Len(t, r.Expected, 6)
	met := map[string]bool{}
	for _, e := range r.Expected {
		met[e.Name] = e.OK
	}
	assert.Equal(t, map[string]bool{"p99": true, "delivered": false, "detect": false, "heal": true, "bytes": false, "utilisation": true}, met)
	assert.InDelta(t, 100*9000/9010.0, r.Expected[1].Measured, 1e-9, "what was not offered was wanted")
	assert.InDelta(t, 100_000, r.Expected[4].Measured, 1)
	assert.False(t, r.OK())
}

func TestAnExpectationOfWhatWasNotMeasuredIsNotMet(t *testing.T) {
	s := parse(t, "expect: {p99: 50ms, delivered: 1%, detect: 10s, heal: 4s, utilisation: 80%}\nfaults: [{at: 1s, for: 5s, do: pause, nodes: [\"1\"]}]")
	r := result.Result{Account: []result.Account{{Class: "total"}}}
	Complete(&r, &s)
	require.Len(t, r.Expected, 5)
	for _, e := range r.Expected {
		assert.False(t, e.OK, e.Name)
		assert.NotEmpty(t, e.Missing, e.Name)
	}
}

func TestExactlyTheShareThatWasExpectedIsEnough(t *testing.T) {
	s := parse(t, "expect: {delivered: 100%}")
	r := quiet()
	Complete(&r, &s)
	require.Len(t, r.Expected, 1)
	assert.True(t, r.Expected[0].OK)
}
