package core

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestQueuesKeepTheirOrder(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2))
	var q queue[*int]
	var want []*int
	for range 20_000 {
		if draw.IntN(3) > 0 {
			v := new(int)
			q.push(v)
			want = append(want, v)
			continue
		}
		n := draw.IntN(len(want) + 1)
		if draw.IntN(100) > 0 {
			n = min(n, 3)
		}
		q.drop(n)
		want = want[n:]
		require.Equal(t, len(want), q.len())
		require.True(t, slices.Equal(want, q.items()))
		for _, gone := range q.all[:q.gone] {
			require.Nil(t, gone, "what went is let go")
		}
	}
}

func TestASteadyFlowThroughAQueueAllocatesNothing(t *testing.T) {
	var q queue[int]
	for range 1000 {
		q.push(1)
	}
	assert.Zero(t, testing.AllocsPerRun(1000, func() {
		for range 900 {
			q.push(1)
		}
		q.drop(900)
	}))
}

func TestAnEmptyQueueKeepsLittle(t *testing.T) {
	var q queue[int]
	for range keptRoom + 1 {
		q.push(1)
	}
	q.drop(keptRoom + 1)
	assert.Zero(t, cap(q.all))
}
