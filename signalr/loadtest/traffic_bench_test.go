//go:build linux

package loadtest_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/require"
)

// streamBatch is how many stream items the client writes at a time, as a client
// does that has them at hand.
const streamBatch = 64

// eachProtocol runs a benchmark for each protocol, with a client of a server in
// a process of its own.
func eachProtocol(b *testing.B, run func(b *testing.B, c *client)) {
	for _, p := range []protocol.Protocol{protocol.JSON(), protocol.MessagePack()} {
		b.Run(p.Name(), func(b *testing.B) {
			server := startProcess(b)
			c, err := dial(b.Context(), server.address, 0, p)
			require.NoError(b, err)
			defer c.close()
			run(b, c)
		})
	}
}

// One call after another of one client, over the loopback interface.
func BenchmarkRoundTrip(b *testing.B) {
	eachProtocol(b, func(b *testing.B, c *client) {
		var times []time.Duration
		for b.Loop() {
			took, err := c.echo()
			require.NoError(b, err)
			times = append(times, took)
		}
		slices.Sort(times)
		b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "µs-p99")
	})
}

// A broadcast to 1,000 connections, until all have it. "cpu-ns/recipient" is the
// server's time only, which does not depend on what else the machine does.
func BenchmarkLoopbackBroadcast(b *testing.B) {
	const connections = 1_000
	server := startProcess(b)
	clients := dialMany(b, server.address, connections)
	heard := make(chan error, 2*connections) // room for the last errors too, if nobody takes them
	var reading sync.WaitGroup
	for _, c := range clients {
		reading.Go(func() { // ends when c is closed
			for err := error(nil); err == nil; {
				err = c.heard()
				heard <- err
			}
		})
	}
	defer reading.Wait()
	defer closeAll(clients)
	before := server.ask(askUsage)
	for b.Loop() {
		require.NoError(b, clients[0].send(protocol.Invocation{Target: "Tell", Arguments: []any{"some words to everybody"}}))
		for range connections {
			require.NoError(b, <-heard)
		}
	}
	spent := server.ask(askUsage).CPU - before.CPU
	b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N*connections), "cpu-ns/recipient")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*connections), "ns/recipient")
}

// One stream from the server; an operation is an item.
func BenchmarkStreamDown(b *testing.B) {
	eachProtocol(b, func(b *testing.B, c *client) {
		b.ResetTimer()
		require.NoError(b, c.send(protocol.Invocation{InvocationID: "1", Target: "Down", Arguments: []any{b.N}, Stream: true}))
		items := 0
		completion := completed(b, c, func(protocol.StreamItem) { items++ })
		require.False(b, completion.Failed, completion.Error)
		require.Equal(b, b.N, items)
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "items/s")
	})
}

// One stream to the server; an operation is an item.
func BenchmarkStreamUp(b *testing.B) {
	eachProtocol(b, func(b *testing.B, c *client) {
		frame, err := c.protocol.Append(nil, protocol.StreamItem{InvocationID: "u", Item: item})
		require.NoError(b, err)
		frames := slices.Repeat(frame, streamBatch)
		b.ResetTimer()
		require.NoError(b, c.send(protocol.Invocation{InvocationID: "1", Target: "Up", Arguments: []any{}, StreamIDs: []string{"u"}}))
		for left := b.N; left > 0; left -= streamBatch {
			require.NoError(b, c.write(frames[:len(frame)*min(left, streamBatch)]))
		}
		require.NoError(b, c.send(protocol.Completion{InvocationID: "u"}))
		completion := completed(b, c, func(protocol.StreamItem) {})
		require.False(b, completion.Failed, completion.Error)
		var items int
		require.NoError(b, c.protocol.Bind(completion.Result.(protocol.Raw), &items))
		require.Equal(b, b.N, items)
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "items/s")
	})
}

// completed waits for a completion, and gives what items come before it to got.
func completed(b *testing.B, c *client, got func(protocol.StreamItem)) protocol.Completion {
	for {
		m, err := c.next()
		require.NoError(b, err)
		switch m := m.(type) {
		case protocol.StreamItem:
			got(m)
		case protocol.Completion:
			return m
		}
	}
}
