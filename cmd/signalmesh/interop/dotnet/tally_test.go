package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const counted = "phase calm\nlost calm 0 1 0\nlost kill 0 1 7\nlost kill 1 2 3\ndisorder 0\ntotal 10 2 500 1\n"

func TestLossesAreOfTheServerOfTheFault(t *testing.T) {
	r, err := readTally(counted, map[string]int{"kill": 0})
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"kill": 7}, r.lost)
	assert.Equal(t, []string{"phase kill, from server 1 to clients of server 2: 3"}, r.unexplained)
	assert.Equal(t, []int{10, 2, 500, 1}, []int{r.stayed, r.left, r.deliveries, r.refused})

	r, err = readTally(counted, nil)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"kill": 10}, r.lost, "the fault is about all servers")
	assert.Empty(t, r.unexplained)

	r, err = readTally("lost calm 0 1 1\ndisorder 2\ntotal 1 1 1 1\n", nil)
	require.NoError(t, err)
	assert.Len(t, r.unexplained, 1, "no loss without a fault")
	assert.Equal(t, 2, r.disorder)
}

func TestClientsThatDidNotCountAreAnError(t *testing.T) {
	_, err := readTally("phase calm\nlost calm 0 1 0\n", nil)
	assert.ErrorContains(t, err, "did not count")
}

func TestTheTableHasMediansAndRatiosOfARound(t *testing.T) {
	mesh := []figures{{10, 1, 1, 1, 1, 0}, {40, 1, 1, 1, 1, 2}, {30, 1, 1, 1, 1, 0}}
	redis := []figures{{20, 1, 1, 1, 2, 0}, {20, 1, 1, 1, 2, 0}, {20, 1, 1, 1, 2, 0}}
	table := benchTable(mesh, redis, 7, 0)
	assert.Contains(t, table, "7 clients, 3 servers, 3 rounds")
	assert.Contains(t, table, "| deliveries per second, saturated | 30 | 20 | **1.50** (0.50 to 2.00) | ≥ 1.0 |")
	assert.Contains(t, table, "mesh 2, redis-server 0")
}
