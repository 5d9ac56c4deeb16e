package redisbackplane

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tinylib/msgp/msgp"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

const someone = "web-7_02db60e5fab243b890a847fa5c4dcb29"

func TestStampsComeOffAgain(t *testing.T) {
	payloads := []string{"", "x", "\x00", "\x90", "\x92\x90\x80", "\x9e", "\x9f", "\xdc\x00\x10", strings.Repeat("long", 100)}
	for _, payload := range payloads {
		data := []byte(payload)
		once := stamped(data, someone)
		assert.Equal(t, payload, string(data), "it is not changed")
		got, from := unstamped(once)
		assert.Equal(t, payload, string(got))
		assert.Equal(t, someone, from)
		assert.Equal(t, len(got), cap(got))
	}
}

func TestWhatHasNoStampIsForeign(t *testing.T) {
	good := string(stamped([]byte("payload"), someone))
	for _, payload := range []string{"", "\x92\x90\x80", "\x00", "\xff", "sm\x07", good[1:len(good)-1] + "\x01", good + "x", good[len(good)-20:]} {
		got, from := unstamped([]byte(payload))
		assert.Equal(t, payload, string(got))
		assert.Equal(t, Foreign, from)
	}
}

// ASP.NET Core's readers take the elements they know of an array and leave the rest.
func TestAStampedPayloadIsAnArrayWithOneMoreElement(t *testing.T) {
	for name, payload := range map[string][]byte{
		"invocation": protocol.AppendEnvelope(nil, protocol.Envelope{
			Excluded: []string{"a"}, Encodings: []protocol.Encoding{{Protocol: "json", Frame: []byte("{}\x1e")}},
		}),
		"client result": protocol.AppendEnvelope(nil, protocol.Envelope{InvocationID: "id", ReturnChannel: "ret"}),
		"group command": protocol.AppendGroupCommand(nil, protocol.GroupCommand{ID: 7, Action: protocol.GroupAdd}),
		"ack":           protocol.AppendAck(nil, 70_000),
		"completion":    protocol.AppendReturn(nil, protocol.Encoding{Protocol: "json", Frame: []byte("{}\x1e")}),
	} {
		data := stamped(payload, someone)
		before, _, err := msgp.ReadArrayHeaderBytes(payload)
		require.NoError(t, err)
		after, _, err := msgp.ReadArrayHeaderBytes(data)
		require.NoError(t, err)
		assert.Equal(t, before+1, after, name)
		rest, err := msgp.Skip(data)
		require.NoError(t, err, name)
		assert.Empty(t, rest, name)
	}
	e, err := protocol.ParseEnvelope(stamped(protocol.AppendEnvelope(nil, protocol.Envelope{Excluded: []string{"a"}}), someone))
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, e.Excluded)
	assert.Empty(t, e.InvocationID, "the third element alone is no return address")
}

func FuzzStamp(f *testing.F) {
	f.Add([]byte("\x92\x90\x80"), someone)
	f.Add(stamped(nil, "twice"), someone)
	f.Fuzz(func(t *testing.T, payload []byte, name string) {
		_, _ = unstamped([]byte(string(payload))) // whatever comes
		if len(name) > maxName || name == "" {
			return
		}
		got, from := unstamped(stamped(payload, name))
		if string(got) != string(payload) || from != name {
			t.Fatalf("%q of %q became %q of %q", payload, name, got, from)
		}
	})
}
