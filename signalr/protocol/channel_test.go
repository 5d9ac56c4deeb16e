package protocol_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

func TestTheHubOfAChannel(t *testing.T) {
	for channel, want := range map[string]string{
		protocol.AllChannel("MyApp.ChatHub"): "MyApp.ChatHub", "chat:MyApp.ChatHub:all": "chat:MyApp.ChatHub",
		protocol.GroupChannel("MyApp.ChatHub", "x:all"): "", protocol.UserChannel("MyApp.ChatHub", "x:all"): "",
		protocol.ConnectionChannel("MyApp.ChatHub", "x:all"): "", protocol.AckChannel("MyApp.ChatHub", "x:all"): "", protocol.GroupsChannel("MyApp.ChatHub"): "",
		":all": "", "": "",
	} {
		hub, ok := protocol.HubOf(channel)
		assert.Equal(t, want != "", ok, channel)
		if ok {
			assert.Equal(t, want, hub)
		}
	}
}
