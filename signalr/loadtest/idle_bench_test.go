//go:build linux

package loadtest_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/require"
)

// dialers is how many clients connect at a time.
const dialers = 32

// What an idle WebSocket connection costs the server's process, over plain HTTP:
// memory after all have been pinged, and how the server does while they come.
// Where a process may not have so many files, there are as many connections as
// it may; "conns" says how many.
func BenchmarkIdleConnections(b *testing.B) {
	for _, connections := range []int{5_000, 20_000} {
		b.Run(fmt.Sprint(connections), func(b *testing.B) {
			connections := min(connections, maxFiles(b)-100)
			for b.Loop() {
				benchmarkIdle(b, connections)
			}
			b.ReportMetric(0, "ns/op") // means nothing here
		})
	}
}

func benchmarkIdle(b *testing.B, connections int) {
	server := startProcess(b)
	before := server.ask(askLeast)

	echo, err := dial(b.Context(), server.address, 0, protocol.JSON())
	require.NoError(b, err)
	defer echo.close()
	var times []time.Duration
	ctx, connected := context.WithCancel(b.Context())
	var echoing sync.WaitGroup
	echoing.Go(func() {
		for ctx.Err() == nil {
			took, err := echo.echo()
			if err != nil {
				b.Error(err)
				return
			}
			times = append(times, took)
		}
	})
	begin := time.Now()
	clients := dialMany(b, server.address, connections-1)
	connecting := time.Since(begin)
	connected()
	echoing.Wait()
	defer closeAll(clients)

	require.NoError(b, clients[len(clients)-1].pinged()) // and so all have been
	asIs := server.ask(askUsage)
	least := server.ask(askLeast)
	each := func(before, after int) float64 { return float64(after-before) / float64(connections) }
	b.ReportMetric(float64(connections), "conns")
	b.ReportMetric(each(before.Resident, asIs.Resident), "B-uncollected/conn")
	b.ReportMetric(each(before.Resident, least.Resident), "B/conn")
	b.ReportMetric(each(before.Heap, least.Heap), "B-heap/conn")
	b.ReportMetric(each(before.Stack, least.Stack), "B-stack/conn")
	b.ReportMetric(each(before.Goroutines, least.Goroutines), "goroutines/conn")
	b.ReportMetric(float64(connections)/connecting.Seconds(), "conns/s")
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "ms-p99-echo")
}

// dialMany opens connections. The last one in the slice is the last that was
// opened.
func dialMany(t testing.TB, address string, connections int) []*client {
	clients := make([]*client, connections)
	open := func(i int) {
		c, err := dial(t.Context(), address, i+1, protocol.JSON())
		if err != nil {
			t.Error(err)
			return
		}
		clients[i] = c
	}
	var dialed atomic.Int64
	var dialing sync.WaitGroup
	for range dialers {
		dialing.Go(func() {
			for i := dialed.Add(1) - 1; i < int64(connections-1) && !t.Failed(); i = dialed.Add(1) - 1 {
				open(int(i))
			}
		})
	}
	dialing.Wait()
	open(connections - 1)
	if t.Failed() {
		closeAll(clients)
		t.FailNow()
	}
	return clients
}

// closeAll closes those clients that there are.
func closeAll(clients []*client) {
	for _, c := range clients {
		if c != nil {
			c.close()
		}
	}
}

// maxFiles is how many files a process may have open. Go raises the limit to
// that by itself.
func maxFiles(t testing.TB) int {
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	return int(min(limit.Max, 1<<30))
}
