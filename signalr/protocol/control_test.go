package protocol_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

func TestControlCommands(t *testing.T) {
	for vector, c := range map[string]protocol.ControlCommand{
		"94 2A A1 53 01 A1 43": {ID: 42, Server: "S", Action: protocol.DisconnectConnection, Name: "C"},
		"94 2A A1 53 02 A1 55": {ID: 42, Server: "S", Action: protocol.DisconnectUser, Name: "U"},
	} {
		b := fromHex(t, vector)
		assert.Equal(t, b, protocol.AppendControlCommand(nil, c))
		got, err := protocol.ParseControlCommand(b)
		require.NoError(t, err)
		assert.Equal(t, c, got)
	}
	_, err := protocol.ParseControlCommand(fromHex(t, "94 2A A1 53 CD 01 00 A1 43"))
	assert.Error(t, err)
	_, err = protocol.ParseControlCommand(fromHex(t, "93 2A A1 53 01"))
	assert.EqualError(t, err, "Insufficient items in ControlCommand array.")
	_, err = protocol.ParseControlCommand(fromHex(t, "95 2A A1 53 01 A1 43 C0"))
	assert.NoError(t, err, "more elements are those of newer servers")
}

func TestControlReplies(t *testing.T) {
	r := protocol.ControlReply{ID: 300, Found: 3, Ended: 2}
	b := fromHex(t, "93 CD 01 2C 03 02")
	assert.Equal(t, b, protocol.AppendControlReply(nil, r))
	got, err := protocol.ParseControlReply(b)
	require.NoError(t, err)
	assert.Equal(t, r, got)
	for _, wrong := range []string{"92 01 01", "93 01 FF 00", "93 01 00 FF", "93 01 01 02", "90", "C0"} {
		_, err := protocol.ParseControlReply(fromHex(t, wrong))
		assert.Error(t, err, wrong)
	}
}

func TestControlChannels(t *testing.T) {
	assert.Equal(t, "Hub:internal:control", protocol.ControlChannel("Hub"))
	assert.Equal(t, "Hub:internal:control:s", protocol.ControlReplyChannel("Hub", "s"))
}
