package signalr

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConcurrentFirstJoinsBothWaitForTheSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(bus).join()
		calls := 0
		n.onSubscribe = func(context.Context, string) error { calls++; time.Sleep(time.Second); return nil }
		s := newSubscriptions(n, 1<<20)
		begin := time.Now()
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				assert.NoError(t, s.acquire(t.Context(), "c", route{}))
				assert.Equal(t, time.Second, time.Since(begin))
			})
		}
		wg.Wait()
		assert.Equal(t, 1, calls)
		for range 10 {
			assert.True(t, n.subscribed("c"))
			s.release("c")
		}
		assert.False(t, n.subscribed("c"))
		assert.Empty(t, s.channels)
	})
}

func TestFailedSubscriptionIsTriedAgainByWhoWaitedForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(bus).join()
		n.onSubscribe = func(ctx context.Context, _ string) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(2 * time.Second):
				return nil
			}
		}
		s := newSubscriptions(n, 1<<20)
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() { assert.ErrorIs(t, s.acquire(impatient, "c", route{}), context.DeadlineExceeded) })
		synctest.Wait()
		wg.Go(func() { assert.NoError(t, s.acquire(t.Context(), "c", route{})) })
		wg.Go(func() { assert.Error(t, s.acquire(impatient, "c", route{})) })
		wg.Wait()
		assert.True(t, n.subscribed("c"))
		s.release("c")
		assert.False(t, n.subscribed("c"))
		assert.Empty(t, s.channels)
	})
}

func TestSubscriptionsAreRightAfterAnyRace(t *testing.T) {
	n := new(bus).join()
	n.onSubscribe = func(context.Context, string) error {
		if rand.IntN(4) == 0 {
			return errors.New("no luck")
		}
		return nil
	}
	s := newSubscriptions(n, 1<<20)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 500 {
				channel := fmt.Sprint(rand.IntN(3))
				if s.acquire(t.Context(), channel, route{}) == nil {
					assert.True(t, n.subscribed(channel))
					s.release(channel)
				}
			}
		})
	}
	wg.Wait()
	assert.Empty(t, n.channels)
	assert.Empty(t, s.channels)
}

// Joins, leaves and ends of connections, on both servers at once, leave nothing
// behind and lose no member.
func TestGroupsAreRightAfterAnyRace(t *testing.T) {
	one, two, nodes := startTwo(t)
	hub := two.options.Hubs[0].Hub.(*testHub)
	hub.connected = make(chan string, 1000)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 10 {
				c := two.connect("/hub", protocol.JSON())
				idC := id(c)
				for i, s := range []*site{one, two} {
					group := fmt.Sprint(i)
					g := s.Hub("/hub").Groups(t.Context())
					assert.NoError(t, g.Add(idC, group))
					assert.NoError(t, g.Add(idC, "both"))
					assert.NoError(t, one.Hub("/hub").Clients(t.Context()).Group(group).Send("hear", idC))
					for c.received("hear") != idC { // others send too
					}
					assert.NoError(t, g.Remove(idC, group))
				}
				assert.NoError(t, c.ws.Close())
				err := one.Hub("/hub").Groups(t.Context()).Add(idC, "late") // while it ends
				assert.True(t, err == nil || errors.Is(err, ErrNoConnection), "%v", err)
			}
		})
	}
	wg.Wait()
	require.NoError(t, two.Close())
	assert.Empty(t, two.Hub("/hub").registry.groups)
	assert.Empty(t, two.Hub("/hub").registry.connections)
	assert.Empty(t, nodes[1].channels)
}

func TestEndingConnectionsJoinNothing(t *testing.T) {
	s := start(t, options(newTestHub()))
	h := s.Hub("/hub")
	c := s.connect("/hub", protocol.JSON())
	conn := h.registry.connection(id(c))
	conn.cancel(nil)
	require.NoError(t, h.join(t.Context(), conn, "g"))
	assert.Empty(t, h.registry.groups)
}
