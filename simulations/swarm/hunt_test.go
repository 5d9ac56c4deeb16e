package swarm

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAHuntTriesEachSeedOnce(t *testing.T) {
	h := &hunt{Options: Options{Seed: 10, Runs: 3}, ctx: t.Context()}
	var seeds []uint64
	for seed, ok := h.take(); ok; seed, ok = h.take() {
		seeds = append(seeds, seed)
	}
	assert.Equal(t, []uint64{10, 11, 12}, seeds)
}

func TestAHuntEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var last Summary
	sum, err := Hunt(ctx, Options{Seed: 1, Workers: 2, KeepGoing: true, Progress: func(s Summary) {
		last = s
		cancel()
	}})
	require.ErrorIs(t, err, context.Canceled)
	assert.EqualValues(t, 1, sum.Runs)
	assert.EqualValues(t, 1, last.Runs)
}

func TestAHuntReportsEachKindOfFailureOnce(t *testing.T) {
	var found []uint64
	h := &hunt{Options: Options{KeepGoing: true, Found: func(f Finding) { found = append(found, f.Seed) }}}
	h.ctx, h.stop = context.WithCancel(t.Context())
	defer h.stop()
	h.tell(Finding{Seed: 1, Failure: &Failure{Kind: Promise, Text: "message 1 is missing"}})
	h.tell(Finding{Seed: 2, Failure: &Failure{Kind: Promise, Text: "message 2 is missing"}})
	h.tell(Finding{Seed: 3, Failure: &Failure{Kind: Check, Text: "the account does not balance"}})
	h.tell(Finding{Seed: 4})
	assert.Equal(t, []uint64{1, 3}, found)
	assert.Equal(t, uint64(4), h.sum.Runs)
	assert.Equal(t, uint64(3), h.sum.Failed)
}

func TestAHuntStopsAtTheFirstFailure(t *testing.T) {
	h := &hunt{}
	h.ctx, h.stop = context.WithCancel(t.Context())
	h.tell(Finding{Seed: 1, Failure: &Failure{Kind: Promise, Text: "lost"}})
	_, more := h.take()
	assert.False(t, more)
}
