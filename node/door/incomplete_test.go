package door_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/door"
)

// A server that started before its node subscribes to one channel of its hub, and never to
// the others.
func TestAServerThatStartedBeforeItsNodeIsReported(t *testing.T) {
	s, log, _ := watched(t, func(o *door.Options) { o.Incomplete = 200 * time.Millisecond })
	for _, server := range []struct{ library, channel string }{
		{"SE.Redis", "demoApp.WholeHub:all"}, {"SE.Redis", "news:all"},
		{"SE.Redis", "App.ChatHub:group:all"}, {"other", "App.OtherHub:all"}, {"SE.Redis-SignalR", "demoApp.ChatHub:all"}, // the last one is incomplete
	} {
		w := dial(t, s.addr())
		require.Equal(t, "+OK\r\n", w.ask("CLIENT", "SETINFO", "lib-name", server.library))
		if server.channel == "demoApp.WholeHub:all" {
			require.Equal(t, subscribed("subscribe", "demoApp.WholeHub:internal:groups", 1), w.ask("SUBSCRIBE", "demoApp.WholeHub:internal:groups"))
		}
		w.ask("SUBSCRIBE", server.channel)
	}
	require.Eventually(t, func() bool { return len(log.warnings()) > 0 }, patience, tick)
	require.Len(t, log.warnings(), 1)
	assert.Contains(t, log.warnings()[0], "it started before its node")
	assert.Contains(t, log.warnings()[0], "hub=demoApp.ChatHub ")
}
