package door_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Unmodified Go clients, across three nodes.

func TestGoRedisWorks(t *testing.T) {
	for _, version := range []int{2, 3} {
		t.Run(fmt.Sprint("RESP", version), func(t *testing.T) {
			s := sites(t, 3, nil)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var clients []*goredis.Client
			var subscriptions []*goredis.PubSub
			for i := range s {
				c := goredis.NewClient(&goredis.Options{Addr: s[i].addr(), Protocol: version, ClientName: fmt.Sprint("app-", i)})
				t.Cleanup(func() { assert.NoError(t, c.Close()) })
				p := c.Subscribe(ctx, "room", "other")
				t.Cleanup(func() { assert.NoError(t, p.Close()) })
				require.NoError(t, p.PSubscribe(ctx, "ro*"))
				for range 3 {
					_, err := p.Receive(ctx)
					require.NoError(t, err)
				}
				clients, subscriptions = append(clients, c), append(subscriptions, p)
			}
			require.NoError(t, clients[0].Ping(ctx).Err())
			for i, c := range clients {
				n, err := c.Publish(ctx, "room", i).Result()
				require.NoError(t, err)
				assert.EqualValues(t, 6, n)
			}
			for _, p := range subscriptions {
				got := map[string]int{}
				for range 6 {
					m, err := p.ReceiveMessage(ctx)
					require.NoError(t, err)
					got[m.Pattern+" "+m.Payload]++
				}
				assert.Equal(t, map[string]int{" 0": 1, " 1": 1, " 2": 1, "ro* 0": 1, "ro* 1": 1, "ro* 2": 1}, got)
			}
			counts, err := clients[1].PubSubNumSub(ctx, "room", "none").Result()
			require.NoError(t, err)
			assert.Equal(t, map[string]int64{"room": 3, "none": 0}, counts)
			assert.ErrorContains(t, clients[0].Set(ctx, "k", "v", 0).Err(), "unknown command")
		})
	}
}

func TestRueidisWorks(t *testing.T) {
	s := sites(t, 2, nil)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	open := func(addr string) rueidis.Client {
		c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr}})
		require.NoError(t, err)
		t.Cleanup(c.Close)
		return c
	}
	a, b := open(s[0].addr()), open(s[1].addr())
	got := make(chan string, 10)
	hearing, hang := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = a.Receive(hearing, a.B().Subscribe().Channel("room").Build(), func(m rueidis.PubSubMessage) { got <- m.Message }) // it ends with hang
	}()
	publish := func(text string) int64 {
		n, err := b.Do(ctx, b.B().Publish().Channel("room").Message(text).Build()).AsInt64()
		require.NoError(t, err)
		return n
	}
	require.Eventually(t, func() bool { return publish("early") == 1 }, patience, time.Millisecond)
	for i := range 5 {
		assert.EqualValues(t, 1, publish(fmt.Sprint(i)))
	}
	assert.Equal(t, "early", <-got)
	for i := range 5 {
		assert.Equal(t, fmt.Sprint(i), <-got)
	}
	hang()
	<-ended
}
