package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/node/exchange"
	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/backplanetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ exchange.Backplane = (*backplanetest.Port)(nil)

// A closing is a port that closes what is below it, as the suite wants.
type closing struct {
	*exchange.Port
	x    *exchange.Exchange
	down *backplanetest.Port
}

func (c closing) Close() error { return errors.Join(c.x.Close(), c.down.Close()) }

func open(t *testing.T, n int) []signalr.Backplane {
	var ports []signalr.Backplane
	for _, b := range backplanetest.OpenMemory(t, n) {
		down := b.(*backplanetest.Port)
		x, err := exchange.New(down)
		require.NoError(t, err)
		ports = append(ports, closing{x.Port(""), x, down})
	}
	return ports
}

func TestAPortKeepsThePromisesOfABackplane(t *testing.T) { backplanetest.Run(t, open) }

func TestTheOfficialSpecificationHoldsOverAnExchange(t *testing.T) { backplanetest.RunSpec(t, open) }

// Several ports of one exchange are servers of one process: all but the names of
// servers holds for them, too.
func TestTheOfficialSpecificationHoldsWithinOneExchange(t *testing.T) {
	backplanetest.RunSpec(t, func(t *testing.T, n int) []signalr.Backplane {
		down := backplanetest.NewMemory().Join()
		x, err := exchange.New(down)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, errors.Join(x.Close(), down.Close())) })
		var ports []signalr.Backplane
		for i := range n {
			ports = append(ports, named{x.Port("app:"), fmt.Sprint(i)})
		}
		return ports
	})
}

// A named port has a name of its own, as hubs need.
type named struct {
	*exchange.Port
	name string
}

func (n named) Self() string { return n.name }
func (named) Close() error   { return nil }

// A sink notes what it gets.
type sink struct {
	mu  sync.Mutex
	got []string
	new chan struct{}
}

func newSink() *sink { return &sink{new: make(chan struct{}, 1)} }

func (s *sink) Deliver(m *exchange.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, m.Channel+" "+string(m.Data))
	select {
	case s.new <- struct{}{}:
	default:
	}
}

// await returns the first n messages.
func (s *sink) await(t *testing.T, n int) []string {
	for {
		s.mu.Lock()
		got := append([]string(nil), s.got...)
		s.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-s.new:
		case <-time.After(20 * time.Second):
			require.FailNow(t, "messages missing", "%d of %d", len(got), n)
		}
	}
}

func exchanges(t *testing.T, n int) []*exchange.Exchange {
	var list []*exchange.Exchange
	memory := backplanetest.NewMemory()
	for range n {
		down := memory.Join()
		x, err := exchange.New(down)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, errors.Join(x.Close(), down.Close())) })
		list = append(list, x)
	}
	return list
}

func subscribe(t *testing.T, x *exchange.Exchange, kind exchange.Kind, text string) *sink {
	s := newSink()
	confirm, err := x.Subscribe(exchange.Request{Name: exchange.Name{Kind: kind, Text: text}, Sink: s})
	require.NoError(t, err)
	require.NoError(t, confirm(t.Context()))
	return s
}

func publish(t *testing.T, x *exchange.Exchange, kind exchange.Kind, channel, data string) int {
	n, err := x.Publish(t.Context(), kind, &exchange.Message{From: "test", Channel: channel, Data: []byte(data)})
	require.NoError(t, err)
	return n
}

func TestEverySubscriberInTheMeshIsCounted(t *testing.T) {
	xs := exchanges(t, 3)
	name := exchange.Name{Kind: exchange.Channel, Text: "red"}
	var sinks []*sink
	for i, n := range []int{2, 0, 3} {
		for range n {
			sinks = append(sinks, subscribe(t, xs[i], exchange.Channel, "red"))
		}
	}
	require.NoError(t, xs[2].Port("").Subscribe(t.Context(), "red"))
	for _, x := range xs {
		n, err := x.Count(t.Context(), name)
		require.NoError(t, err)
		assert.Equal(t, 6, n)
		assert.Equal(t, 6, publish(t, x, exchange.Channel, "red", "hello"))
	}
	for _, s := range sinks {
		assert.Len(t, s.await(t, 3), 3)
	}
	xs[0].Unsubscribe(name, sinks[0])
	xs[2].Unsubscribe(name, sinks[4])
	assert.Equal(t, 4, publish(t, xs[1], exchange.Channel, "red", "bye"))
	assert.Equal(t, 0, publish(t, xs[1], exchange.Shard, "red", "elsewhere"))
	assert.Contains(t, xs[1].Names(exchange.Channel), "red")
}

func TestPatternsReachAcrossServers(t *testing.T) {
	xs := exchanges(t, 2)
	a := subscribe(t, xs[0], exchange.Pattern, "news.*")
	twice := subscribe(t, xs[0], exchange.Pattern, "news.*")
	b := subscribe(t, xs[1], exchange.Pattern, "*s.x")
	c := subscribe(t, xs[1], exchange.Channel, "news.x")
	for i, x := range xs {
		assert.Equal(t, 4, publish(t, x, exchange.Channel, "news.x", fmt.Sprint(i)), "publisher %d", i)
	}
	for _, s := range []*sink{a, twice, b, c} {
		assert.ElementsMatch(t, []string{"news.x 0", "news.x 1"}, s.await(t, 2))
	}
	assert.Equal(t, map[string]struct{}{"news.*": {}, "*s.x": {}}, xs[0].Names(exchange.Pattern))
	xs[0].Unsubscribe(exchange.Name{Kind: exchange.Pattern, Text: "news.*"}, a)
	assert.Equal(t, 3, publish(t, xs[1], exchange.Channel, "news.x", "2"))
	xs[0].Unsubscribe(exchange.Name{Kind: exchange.Pattern, Text: "news.*"}, twice)
	assert.Equal(t, 2, publish(t, xs[1], exchange.Channel, "news.x", "3"))
}

func TestAnySequenceOfBytesIsAName(t *testing.T) {
	xs := exchanges(t, 2)
	for _, name := range []string{"", "\x00", "\x00\x00p", "\x00s", "\x00+2:x", "\x00?", "*", "\xff"} {
		got := subscribe(t, xs[1], exchange.Channel, name)
		assert.Equal(t, 1, publish(t, xs[0], exchange.Channel, name, "data"), "%q", name)
		assert.Equal(t, []string{name + " data"}, got.await(t, 1), "%q", name)
	}
}

// What takes the place of another misses nothing and gets nothing twice.
func TestASuccessorTakesOverWithoutAGap(t *testing.T) {
	xs := exchanges(t, 1)
	name := exchange.Name{Kind: exchange.Channel, Text: "c"}
	sinks := []*sink{subscribe(t, xs[0], exchange.Channel, "c")}
	const messages = 2000
	var publishing sync.WaitGroup
	publishing.Go(func() {
		for i := range messages {
			publish(t, xs[0], exchange.Channel, "c", fmt.Sprint(i))
		}
	})
	for range 50 {
		next := newSink()
		_, err := xs[0].Subscribe(exchange.Request{Name: name, Sink: next, Instead: sinks[len(sinks)-1]})
		require.NoError(t, err)
		sinks = append(sinks, next)
	}
	publishing.Wait()
	var all []string
	for _, s := range sinks {
		all = append(all, s.await(t, 0)...)
	}
	require.Len(t, all, messages)
	for i, got := range all {
		require.Equal(t, fmt.Sprint("c ", i), got)
	}
	n, err := xs[0].Count(context.Background(), name)
	require.NoError(t, err)
	assert.Equal(t, 1, n)
}

// An uncounted backplane publishes and cannot say afterwards who is subscribed, as when
// the context has ended.
type uncounted struct{ *backplanetest.Port }

func (uncounted) Subscribers(context.Context, string) (int, error) { return 0, context.Canceled }

// An error would have the publisher send it again.
func TestWhatHasBeenPublishedIsNoError(t *testing.T) {
	memory := backplanetest.NewMemory()
	down, other := memory.Join(), memory.Join()
	x, err := exchange.New(uncounted{down})
	require.NoError(t, err)
	there, err := exchange.New(other)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, errors.Join(x.Close(), there.Close(), down.Close(), other.Close())) })
	s := subscribe(t, there, exchange.Channel, "red")
	assert.Equal(t, 1, publish(t, x, exchange.Channel, "red", "hello"))
	assert.Equal(t, []string{"red hello"}, s.await(t, 1))
}
