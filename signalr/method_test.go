package signalr

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type pointerMethods struct{}

func (*pointerMethods) A() {}

type sameName struct{}

func (sameName) Send() {}
func (sameName) SEND() {}

type badShapes struct{}

func (badShapes) Variadic(...string)           {}
func (badShapes) Channel(chan int)             {}
func (badShapes) Function(func())              {}
func (badShapes) Interface(io.Reader)          {}
func (badShapes) Two() (int, int)              { return 0, 0 }
func (badShapes) Three() (int, int, error)     { return 0, 0, nil }
func (badShapes) OnConnected()                 {}
func (badShapes) OnDisconnected(*Call) error   { return nil }
func (badShapes) Fine(any, context.Context)    {}
func (badShapes) AlsoFine(*int, []byte, *Call) {}

func TestBadHubsAreRefusedWithEveryReason(t *testing.T) {
	for _, test := range []struct {
		hub  any
		want []string
	}{
		{pointerMethods{}, []string{"signalr.pointerMethods lacks methods that *signalr.pointerMethods has: A; pass a pointer"}},
		{sameName{}, []string{"signalr.sameName has methods SEND and Send, which differ by case only"}},
		{badShapes{}, []string{
			"badShapes.Variadic: variadic methods are not supported; take a slice",
			"badShapes.Channel: parameter 1: type chan int; take a <-chan int to receive a stream",
			"badShapes.Function: parameter 1: type func() has no encoding",
			"badShapes.Interface: parameter 1: type io.Reader is an interface with methods",
			"badShapes.Two: returns 2 results", "badShapes.Three: returns 3 results",
			"badShapes.OnConnected must be OnConnected(*signalr.Call) error",
			"badShapes.OnDisconnected must be OnDisconnected(*signalr.Call, error)",
		}},
	} {
		_, err := NewServer(Options{Hubs: []HubOptions{{Path: "/x", Hub: test.hub}}})
		for _, want := range test.want {
			assert.ErrorContains(t, err, want)
		}
		assert.ErrorContains(t, err, `hub at "/x"`)
		assert.NotContains(t, err.Error(), "Fine")
	}
}

func TestBadOptionsAreRefusedWithEveryReason(t *testing.T) {
	_, err := NewServer(Options{
		Hubs: []HubOptions{
			{Path: "hub", Hub: newTestHub()},
			{Path: "/a", Hub: newTestHub()},
			{Path: "/A/", Hub: newTestHub(), Name: "x:y"},
			{Path: "/n"},
			{Path: "/anonymous", Hub: struct{}{}},
		},
		Limits:       Limits{KeepAlive: time.Minute, ClientTimeout: time.Second, OutboxSize: -1},
		WriteTimeout: -1,
	})
	for _, want := range []string{
		`hub path "hub" does not begin with a slash`,
		`hub name "testHub" is used twice`,
		`hub path "/A/" is used twice`,
		`hub name "x:y" holds a colon`,
		`hub at "/n" is nil`,
		`hub at "/anonymous" has a type without a name; set its Name`,
		`ClientTimeout 1s is not longer than KeepAlive 1m0s`,
		`OutboxSize -1 is negative`,
		`WriteTimeout -1ns is negative`,
	} {
		assert.ErrorContains(t, err, want)
	}
	_, err = NewServer(Options{})
	assert.ErrorContains(t, err, "no hubs; add")
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	o := options(newTestHub())
	o.Metrics = registry
	s := start(t, o)
	c := s.connect("/hub", protocol.JSON())
	result[string](c, "Echo", "x")
	c.invoke("Plain")
	m := s.metrics
	assert.EqualValues(t, 1, testutil.ToFloat64(m.connections))
	assert.EqualValues(t, 2, testutil.ToFloat64(m.received))
	require.Eventually(t, func() bool { return testutil.ToFloat64(m.sent) == 2 }, time.Minute, time.Millisecond, "counted after it is queued")
	n, err := testutil.GatherAndCount(registry)
	require.NoError(t, err)
	// Invocations have two outcomes, drains three, and refusals six causes; no limit was reached.
	want := len(m.collectors()) + 1 + 2 + 5 - 1
	assert.Equal(t, want, n)

	_, err = NewServer(o)
	assert.ErrorContains(t, err, "give each server a registry of its own")
	n, err = testutil.GatherAndCount(registry)
	require.NoError(t, err)
	assert.Equal(t, want, n, "the first server's are still there")

	require.NoError(t, s.Close())
	n, err = testutil.GatherAndCount(registry)
	require.NoError(t, err)
	assert.Zero(t, n)
}
