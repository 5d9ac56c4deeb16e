package exchange_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/exchange"
	"github.com/signalmesh/signalmesh/signalr/backplanetest"
)

// twoExchanges are those of two servers.
func twoExchanges(t *testing.T) (near, far *exchange.Exchange) {
	memory := backplanetest.NewMemory()
	var list []*exchange.Exchange
	for range 2 {
		down := memory.Join()
		x, err := exchange.New(down)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, errors.Join(x.Close(), down.Close())) })
		list = append(list, x)
	}
	return list[0], list[1]
}

// Absent subscribers get every message and are not counted, on any server.
func TestAbsentSubscribersAreNotCounted(t *testing.T) {
	near, far := twoExchanges(t)
	for _, kind := range []exchange.Kind{exchange.Channel, exchange.Shard, exchange.Pattern} {
		n := exchange.Name{Kind: kind, Text: "news"}
		sinks := []*sink{newSink(), newSink(), newSink()}
		for _, s := range sinks {
			confirm, err := near.Subscribe(exchange.Request{Name: n, Sink: s})
			require.NoError(t, err)
			require.NoError(t, confirm(t.Context()))
		}
		publish := kind
		if kind == exchange.Pattern {
			publish = exchange.Channel
		}
		expect := func(want int) {
			t.Helper()
			for i, x := range []*exchange.Exchange{near, far} {
				count, err := x.Publish(t.Context(), publish, &exchange.Message{Channel: "news", Data: []byte("x")})
				require.NoError(t, err)
				assert.Equal(t, want, count, "publish at server %d", i)
				count, err = x.Count(t.Context(), n)
				require.NoError(t, err)
				assert.Equal(t, want, count, "count at server %d", i)
				_, named := x.Names(kind)["news"]
				assert.Equal(t, want > 0, named, "names at server %d", i)
			}
		}
		expect(3)
		near.MarkAbsent(n, sinks[0])
		near.MarkAbsent(n, sinks[0]) // has no effect
		expect(2)
		near.MarkAbsent(n, sinks[2])
		expect(1)
		near.MarkAbsent(n, sinks[1])
		expect(0)
		for i, s := range sinks {
			assert.Len(t, s.await(t, 8), 8, "sink %d", i)
		}

		heir := newSink()
		_, err := near.Subscribe(exchange.Request{Name: n, Sink: heir, Instead: sinks[0]})
		require.NoError(t, err)
		expect(1)
		assert.Len(t, heir.await(t, 2), 2)
		near.Unsubscribe(n, sinks[1])
		near.Unsubscribe(n, sinks[2])
		expect(1)
		near.MarkAbsent(n, sinks[1]) // its subscription has ended
		expect(1)
		near.Unsubscribe(n, heir)
		expect(0)
	}
}
