package bridge_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/exchange"
	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/backplanetest"
	"github.com/signalmesh/signalmesh/signalr/redisbackplane"
)

// A hubSite is the backplane of the hubs of a node.
type hubSite struct {
	*exchange.Port
	site *site
}

func (h hubSite) Close() error { return h.site.close() }

// Of several servers the first is on the old Redis still, the others are on the mesh:
// the second on a node that does not bridge. They are one: every audience, groups
// changed from the other side, results of clients, and what happens when a server
// dies.
func TestTheOfficialSpecificationHoldsAcrossTheBridge(t *testing.T) {
	backplanetest.RunSpec(t, func(t *testing.T, n int) []signalr.Backplane {
		r := startRedis(t)
		sites := openSites(t, 2, 1, r.url())
		awaitBridge(t, sites...)
		old, err := redisbackplane.New(t.Context(), redisbackplane.Options{Address: r.address, ChannelPrefix: "app:"})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, old.Close()) })
		planes := []signalr.Backplane{old}
		for i := 1; i < n; i++ {
			s := sites[2-i]
			planes = append(planes, hubSite{s.exchange.Port("app:"), s})
		}
		return planes
	})
}
