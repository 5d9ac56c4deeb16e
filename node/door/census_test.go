package door_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/door"
)

func TestTheCensusSeesWhatSubscriptionsTell(t *testing.T) {
	s := sites(t, 1, nil)
	w := dial(t, s[0].addr())
	w.ask("CLIENT", "SETNAME", "WEB-7")
	for _, channel := range []string{"all", "internal:ack:WEB-7_ab", "connection:c1", "connection:c2", "user:ann", "group:red:1", "group:blue"} {
		w.ask("SUBSCRIBE", "shop:MyApp.ChatHub:"+channel)
	}
	w.ask("SUBSCRIBE", "something else")
	clients := s[0].Census().Clients
	require.Len(t, clients, 1)
	assert.Equal(t, "WEB-7", clients[0].Name)
	assert.Equal(t, 8, clients[0].Subscriptions)
	assert.Equal(t, []door.HubSeen{{
		Hub: "shop:MyApp.ChatHub", Server: "WEB-7_ab", Connections: 2,
		Users: []string{"ann"}, UserCount: 1, Groups: []string{"blue", "red:1"}, GroupCount: 2,
	}}, clients[0].Hubs)
}
