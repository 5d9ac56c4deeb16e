package signalr

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// In a bubble no time passes as long as anything runs, so that a send which
// waited for a stuck member would end the test: nothing ever wakes it.
func TestStuckMembersHoldUpNobodyInTheirGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const stuck, healthy, messages = 5, 20, 60
		hub := newTestHub()
		o := options(hub)
		o.OutboxSize = 20_000 // stuck members are past it after some 20 messages
		s := start(t, o)
		join := func() {
			require.NoError(t, s.Hub("/hub").Groups(t.Context()).Add(<-hub.connected, "red"))
		}
		var members []*client
		for i := range stuck + healthy {
			if i%5 == 0 {
				s.connectStuck("/hub")
			} else {
				members = append(members, s.connect("/hub", []protocol.Protocol{protocol.JSON(), protocol.MessagePack()}[i%2]))
			}
			join()
		}
		require.Len(t, members, healthy)

		begin := time.Now()
		text := strings.Repeat("x", 1000)
		for range messages {
			require.NoError(t, s.Hub("/hub").Clients(t.Context()).Group("red").Send("hear", text))
			for _, c := range members {
				assert.Equal(t, text, c.received("hear"))
			}
		}
		assert.Zero(t, time.Since(begin))

		for range stuck {
			assert.ErrorIs(t, <-hub.disconnected, ErrSlow)
		}
		assert.Equal(t, 10*time.Second, time.Since(begin), "the time for one write, which all of them had from the first")
		assert.EqualValues(t, stuck, testutil.ToFloat64(s.metrics.slow))
		require.NoError(t, s.Hub("/hub").Clients(t.Context()).Group("red").Send("hear", "after that"))
		for _, c := range members {
			assert.Equal(t, "after that", c.received("hear"))
		}
		assert.Empty(t, hub.disconnected)
	})
}
