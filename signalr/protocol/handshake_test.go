package protocol_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

func TestHandshakeLeavesWhatFollows(t *testing.T) {
	const request = "{\"version\":1,\"more\":[],\"protocol\":\"messagepack\"}\x1e"
	for i := range len(request) {
		_, rest, ok, err := protocol.ParseHandshake([]byte(request[:i]), 100)
		require.NoError(t, err)
		require.False(t, ok)
		require.Equal(t, request[:i], string(rest))
	}
	h, rest, ok, err := protocol.ParseHandshake([]byte(request+"\x02\x91\x06"), 100)
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, protocol.HandshakeRequest{Protocol: "messagepack", Version: 1}, h)
	assert.Equal(t, "\x02\x91\x06", string(rest))
}

func TestHandshakeRefusesWhatIsNoRequest(t *testing.T) {
	for text, want := range map[string]string{
		"\x1e":                               "Error reading JSON.",
		"hello\x1e":                          "Error reading JSON.",
		"[]\x1e":                             "Unexpected JSON Token Type 'Array'. Expected a JSON Object.",
		"{\"version\":1}\x1e":                "Missing required property 'protocol'.",
		"{\"protocol\":\"json\"}\x1e":        "Missing required property 'version'.",
		"{\"protocol\":5,\"version\":1}\x1e": "Expected 'protocol' to be of type String.",
		"{\"protocol\":\"j\",\"version\":\"1\"}\x1e": "Expected 'version' to be of type Number.",
	} {
		_, rest, ok, err := protocol.ParseHandshake([]byte(text), 0)
		require.EqualError(t, err, want, text)
		assert.False(t, ok)
		assert.Equal(t, text, string(rest))
	}
	_, _, ok, err := protocol.ParseHandshake([]byte(strings.Repeat(" ", 100)), 100)
	var tooLarge *protocol.TooLargeError
	require.ErrorAs(t, err, &tooLarge)
	assert.False(t, ok)
}

func TestHandshakeResponses(t *testing.T) {
	assert.Equal(t, "x{}\x1e", string(protocol.AppendHandshakeResponse([]byte("x"), "")))
	assert.Equal(t, "{\"error\":\"The protocol 'a\\\"<' is not supported.\"}\x1e",
		string(protocol.AppendHandshakeResponse(nil, `The protocol 'a"<' is not supported.`)))
}
