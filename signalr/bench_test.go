package signalr

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/require"
)

var bothProtocols = []protocol.Protocol{protocol.JSON(), protocol.MessagePack()}

// A broadcast to connections in memory, until it has left all the outboxes.
func BenchmarkBroadcast(b *testing.B) {
	for _, connections := range []int{1_000, 10_000} {
		for _, speaking := range []struct {
			name      string
			protocols []protocol.Protocol
		}{{"json", bothProtocols[:1]}, {"mixed", bothProtocols}} {
			b.Run(fmt.Sprintf("%d/%s", connections, speaking.name), func(b *testing.B) {
				benchmarkBroadcast(b, connections, speaking.protocols)
			})
		}
	}
}

func benchmarkBroadcast(b *testing.B, connections int, protocols []protocol.Protocol) {
	s := start(b, sinkOptions())
	sent := newCountdown()
	s.connectSinks(connections, sent, protocols...)
	all := s.Hub("/hub").Clients(b.Context()).All()
	b.ReportAllocs()
	for b.Loop() {
		sendAll(b, all, sent, connections)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*connections), "ns/recipient")
}

func TestBroadcastsAllocateNothingForEachRecipient(t *testing.T) {
	const connections = 1000
	s := start(t, sinkOptions())
	sent := newCountdown()
	s.connectSinks(connections, sent, bothProtocols...)
	all := s.Hub("/hub").Clients(t.Context()).All()
	allocs := testing.AllocsPerRun(20, func() { sendAll(t, all, sent, connections) })
	require.Less(t, allocs, connections/10.0)
}

// A send to a group of 9,900 connections that read and 100 that never do, and one
// to those 9,900 alone, in turns. "ratio" is the median time of the first by that
// of the second.
func BenchmarkGroupWithStuckMembers(b *testing.B) {
	const stuck, healthy = 100, 9_900
	s := start(b, sinkOptions())
	sent := newCountdown()
	groups := s.Hub("/hub").Groups(b.Context())
	for _, c := range s.connectSinks(healthy, sent, protocol.JSON()) {
		require.NoError(b, groups.Add(c.id, "healthy"))
		require.NoError(b, groups.Add(c.id, "mixed"))
	}
	for _, c := range s.connectSinks(stuck, nil, protocol.JSON()) {
		require.NoError(b, groups.Add(c.id, "mixed"))
	}
	clients := s.Hub("/hub").Clients(b.Context())
	times := make(map[string][]time.Duration)
	order := []string{"healthy", "mixed"}
	for b.Loop() {
		for _, group := range order {
			begin := time.Now()
			sendAll(b, clients.Group(group), sent, healthy)
			times[group] = append(times[group], time.Since(begin))
		}
		slices.Reverse(order) // the second is not always the same
	}
	median := func(group string) float64 {
		slices.Sort(times[group])
		return float64(times[group][len(times[group])/2].Nanoseconds())
	}
	b.ReportMetric(median("mixed")/median("healthy"), "ratio")
	b.ReportMetric(median("mixed")/1e6, "ms/send")
	b.ReportMetric(0, "ns/op") // both kinds of send together
}

// An invocation and its answer, over a WebSocket in memory.
func BenchmarkInvocation(b *testing.B) {
	for _, p := range bothProtocols {
		b.Run(p.Name(), func(b *testing.B) {
			c := start(b, options(newTestHub())).connect("/hub", p)
			b.ReportAllocs()
			for b.Loop() {
				c.start("Echo", "x")
				c.frame()
			}
		})
	}
}
