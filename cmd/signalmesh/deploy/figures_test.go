//go:build linux

package main

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var twoKinds = []kind{{name: "a"}, {name: "b"}}

func TestAccountsAreSummedUpForEachBalancer(t *testing.T) {
	rows := accounts{Clients: []account{
		{Balancer: "a", Transport: "WebSockets", Settled: true, Away: []float64{10, 30}, Missed: 2},
		{Balancer: "a", Transport: "LongPolling", Settled: true, Away: []float64{20}, Missed: 3},
		{Balancer: "a", Transport: "LongPolling", Settled: true},
		{Balancer: "b", Transport: "ServerSentEvents", Settled: true, Away: []float64{5}},
	}}.rows("rolling restart", twoKinds)
	ms := time.Millisecond
	assert.Equal(t, []row{
		{Balancer: "a", Action: "rolling restart", Clients: 3, Moved: 2, Median: 20 * ms, Longest: 30 * ms, Worst: 3, Missed: 5},
		{Balancer: "b", Action: "rolling restart", Clients: 1, Moved: 1, Median: 5 * ms, Longest: 5 * ms},
	}, rows)
	for i := range rows {
		rows[i].hold()
		assert.True(t, rows[i].ok(), rows[i].Balancer)
	}
}

func TestBrokenPromisesFailARow(t *testing.T) {
	for want, c := range map[string]account{
		"1 messages arrived twice":                              {Settled: true, Duplicates: 1},
		"2 messages arrived out of order":                       {Settled: true, Disordered: 2},
		"3 messages were missed by clients that were connected": {Settled: true, Missed: 3, MissedWhileConnected: 3},
		"was closed: server gone":                               {Closed: "server gone"},
		"was not connected, with the newest message":            {},
	} {
		c.Balancer, c.Transport = "b", "WebSockets"
		rows := accounts{Clients: []account{c}}.rows("kill -9", twoKinds[1:])
		require.Len(t, rows, 1)
		assert.ErrorContains(t, rows[0].Err, want)
	}
}

func TestGoalsFailARowAndAreWorthASecondTry(t *testing.T) {
	ms := time.Millisecond
	for _, c := range []struct {
		row   row
		want  string // "" for none
		again bool
	}{
		{row{Moved: 1, Worst: 3, Median: 499 * ms}, "", false},
		{row{Moved: 1, Worst: 4}, "a client missed 4 messages", true},
		{row{Moved: 1, Median: 500 * ms}, "away for 500ms", true},
		{row{}, "no client was away", false},
		{row{Moved: 1, Worst: 4, Err: errors.New("broken")}, "broken", false},
	} {
		c.row.hold()
		assert.Equal(t, c.want == "", c.row.ok())
		if c.want != "" {
			assert.ErrorContains(t, errors.Join(c.row.Err, c.row.Short), c.want)
		}
		assert.Equal(t, c.again, again([]row{{Moved: 1}, c.row}))
	}
}

func TestNotesNameTheWorstClientsAndTheCommonestWarnings(t *testing.T) {
	a := accounts{
		Clients: []account{
			{Balancer: "a", Transport: "WebSockets", Missed: 1},
			{Balancer: "b", Transport: "LongPolling", Missed: 7, Away: []float64{12.3, 4}},
		},
		Warnings: map[string]int{"seldom": 1, "often": 5, "also": 1},
	}
	assert.Equal(t, []string{"b, LongPolling: missed 7, away for [12 4] ms"}, a.worst(1))
	assert.Equal(t, []string{"5 × often", "1 × also"}, a.commonest(2))
	assert.Len(t, a.commonest(9), 3)
}
