package signalr

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestShutdownSpreadsReconnects(t *testing.T) {
	const clients, spread = 50, 500 * time.Millisecond // as many as need just that
	synctest.Test(t, func(t *testing.T) {
		o := options(bare{})
		o.ShutdownSpread = spread
		s := start(t, o)
		ended := make(chan time.Duration, clients)
		begin := time.Now()
		for range clients {
			c := s.connect("/hub", protocol.JSON())
			go func() {
				assert.Equal(t, protocol.Close{AllowReconnect: true}, c.next())
				ended <- time.Since(begin)
			}()
		}
		require.NoError(t, s.Shutdown(t.Context()))
		assert.LessOrEqual(t, time.Since(begin), spread+time.Second)
		synctest.Wait()
		close(ended)
		var times []time.Duration
		for at := range ended {
			times = append(times, at)
		}
		slices.Sort(times)
		require.Len(t, times, clients)
		for i, at := range times { // each in its share of the time
			assert.InDelta(t, float64(i)*float64(spread)/clients, float64(at), float64(2*spread/clients))
		}
	})
}

func TestConnectionsAreServedUntilTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options(bare{})
		o.ShutdownSpread = time.Minute
		s := start(t, o)
		c := s.connect("/hub", protocol.JSON())
		for range 99 {
			s.connect("/hub", protocol.JSON())
		}
		done := make(chan error, 1)
		go func() { done <- s.Shutdown(context.Background()) }()
		synctest.Wait()
		response, err := s.client.Post("http://test/hub/negotiate", "", nil)
		require.NoError(t, err)
		response.Body.Close()
		assert.Equal(t, 503, response.StatusCode, "nobody is let in")
		if len(c.frames) == 0 {
			assert.Equal(t, "x", result[string](c, "Echo", "x"))
		}
		require.NoError(t, <-done)
	})
}

func TestSpreadingEndsWithTheContextTheServerAndTheConnections(t *testing.T) {
	for name, test := range map[string]struct {
		stop func(cancel context.CancelFunc, s *site, all []*client)
		want error
	}{
		"context":     {func(cancel context.CancelFunc, _ *site, _ []*client) { cancel() }, context.Canceled},
		"server":      {func(_ context.CancelFunc, s *site, _ []*client) { s.Close() }, nil},
		"connections": {func(_ context.CancelFunc, _ *site, all []*client) { leave(all) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := options(bare{})
				o.ShutdownSpread = time.Hour
				s := start(t, o)
				var all []*client
				for range 50 {
					all = append(all, s.connect("/hub", protocol.JSON()))
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				done := make(chan error, 1)
				begin := time.Now()
				go func() { done <- s.Shutdown(ctx) }()
				time.Sleep(10 * time.Millisecond)
				synctest.Wait()
				test.stop(cancel, s, all)
				assert.Equal(t, test.want, <-done)
				assert.Less(t, time.Since(begin), time.Second)
			})
		})
	}
}

func leave(all []*client) {
	for _, c := range all {
		c.ws.NetConn().Close()
	}
}

func TestSpreadIsWhatIsAsked(t *testing.T) {
	assert.Zero(t, turn(999, 1000, 0))
	for range 100 {
		assert.Less(t, turn(0, 3, time.Minute), 20*time.Second)
		last := turn(2, 3, time.Minute)
		assert.GreaterOrEqual(t, last, 40*time.Second)
		assert.Less(t, last, time.Minute)
	}
}
