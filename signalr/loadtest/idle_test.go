//go:build linux

package loadtest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Resident memory and stacks are for the benchmark: the race detector multiplies
// them. The bound is such that nobody can keep a buffer of 4 KiB.
func TestIdleConnectionsAreCheap(t *testing.T) {
	const connections = 500
	server := startProcess(t)
	before := server.ask(askLeast)
	clients := dialMany(t, server.address, connections)
	defer closeAll(clients)
	for _, c := range clients {
		_, err := c.echo()
		require.NoError(t, err)
	}
	after := server.ask(askLeast)
	assert.InDelta(t, connections, after.Goroutines-before.Goroutines, connections/10, "one each")
	assert.Less(t, (after.Heap-before.Heap)/connections, 8<<10, "bytes of heap each")
}
