package protocol_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// dummies are the encodings of Microsoft's tests, in protocols that encode
// everything as 2A.
var dummies = []protocol.Encoding{{Protocol: "p1", Frame: []byte{0x2a}}, {Protocol: "p2", Frame: []byte{0x2a}}}

var envelopeVectors = []struct {
	name, bytes string
	e           protocol.Envelope
}{
	{"none excluded", "92 90 82 A2 70 31 C4 01 2A A2 70 32 C4 01 2A", protocol.Envelope{Encodings: dummies}},
	{"one excluded", "92 91 A1 61 82 A2 70 31 C4 01 2A A2 70 32 C4 01 2A",
		protocol.Envelope{Excluded: []string{"a"}, Encodings: dummies}},
	{"many excluded", "92 96 A1 61 A1 62 A1 63 A1 64 A1 65 A1 66 82 A2 70 31 C4 01 2A A2 70 32 C4 01 2A",
		protocol.Envelope{Excluded: strings.Split("abcdef", ""), Encodings: dummies}},
	{"result wanted", "94 90 82 A2 70 31 C4 01 2A A2 70 32 C4 01 2A A2 69 64 A3 72 65 74",
		protocol.Envelope{Encodings: dummies, InvocationID: "id", ReturnChannel: "ret"}},
	{"SendAll", "92 90 82 A4 6A 73 6F 6E C4 32 7B 22 74 79 70 65 22 3A 31 2C 22 74 61 72 67 65 74 22 3A 22 48 65 6C 6C 6F 22 " +
		"2C 22 61 72 67 75 6D 65 6E 74 73 22 3A 5B 22 57 6F 72 6C 64 22 5D 7D 1E AB 6D 65 73 73 61 67 65 70 61 63 6B C4 13 12 " +
		"96 01 80 C0 A5 48 65 6C 6C 6F 91 A5 57 6F 72 6C 64 90", helloWorld()},
}

// helloWorld is Hello("World") in both protocols.
func helloWorld() protocol.Envelope {
	var e protocol.Envelope
	for _, p := range []protocol.Protocol{protocol.JSON(), protocol.MessagePack()} {
		frame, err := p.Append(nil, protocol.Invocation{Target: "Hello", Arguments: []any{"World"}})
		if err != nil {
			panic(err)
		}
		e.Encodings = append(e.Encodings, protocol.Encoding{Protocol: p.Name(), Frame: frame})
	}
	return e
}

func TestEnvelopes(t *testing.T) {
	for _, c := range envelopeVectors {
		t.Run(c.name, func(t *testing.T) {
			b := fromHex(t, c.bytes)
			assert.Equal(t, b, protocol.AppendEnvelope(nil, c.e))
			e, err := protocol.ParseEnvelope(b)
			require.NoError(t, err)
			assert.Equal(t, c.e, e)
			for _, enc := range c.e.Encodings {
				assert.Equal(t, enc.Frame, e.Frame(enc.Protocol))
			}
			assert.Nil(t, e.Frame("other"))
		})
	}
}

func TestEnvelopeFramesAreNotCopied(t *testing.T) {
	b := protocol.AppendEnvelope(nil, helloWorld())
	e, err := protocol.ParseEnvelope(b)
	require.NoError(t, err)
	frame := e.Frame("messagepack")
	assert.Same(t, &b[len(b)-1], &frame[len(frame)-1])
	assert.Equal(t, len(frame), cap(frame), "appending to it must not write into its neighbour")
}

func TestAcks(t *testing.T) {
	for vector, id := range map[string]int32{
		"91 00": 0, "91 2A": 42, "91 CC B4": 180, "91 CD 01 80": 384, "91 CE 00 01 11 70": 70000,
	} {
		b := fromHex(t, vector)
		assert.Equal(t, b, protocol.AppendAck(nil, id))
		got, err := protocol.ParseAck(b)
		require.NoError(t, err)
		assert.Equal(t, id, got)
	}
}

func TestGroupCommands(t *testing.T) {
	for vector, c := range map[string]protocol.GroupCommand{
		"95 2A A1 53 01 A1 47 A1 43": {ID: 42, Server: "S", Action: protocol.GroupAdd, Group: "G", ConnectionID: "C"},
		"95 2A A1 53 02 A1 47 A1 43": {ID: 42, Server: "S", Action: protocol.GroupRemove, Group: "G", ConnectionID: "C"},
		"95 07 D9 25 68 6F 73 74 5F 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66 " +
			"02 A6 72 6F 6F 6D 2D 31 B6 61 62 63 64 65 66 67 68 69 6A 6B 6C 6D 6E 6F 70 71 72 73 74 75 76": {
			ID: 7, Server: "host_0123456789abcdef0123456789abcdef", Action: protocol.GroupRemove,
			Group: "room-1", ConnectionID: "abcdefghijklmnopqrstuv",
		},
	} {
		b := fromHex(t, vector)
		assert.Equal(t, b, protocol.AppendGroupCommand(nil, c))
		got, err := protocol.ParseGroupCommand(b)
		require.NoError(t, err)
		assert.Equal(t, c, got)
	}
}

func TestReturns(t *testing.T) {
	for vector, e := range map[string]protocol.Encoding{
		"92 A2 70 31 C4 01 2A": dummies[0],
		"92 A4 6A 73 6F 6E C4 2B 7B 22 74 79 70 65 22 3A 33 2C 22 69 6E 76 6F 63 61 74 69 6F 6E 49 64 22 3A 22 69 64 22 2C 22 " +
			"72 65 73 75 6C 74 22 3A 31 30 7D 1E": {
			Protocol: "json", Frame: []byte("{\"type\":3,\"invocationId\":\"id\",\"result\":10}\x1e"),
		},
	} {
		b := fromHex(t, vector)
		assert.Equal(t, b, protocol.AppendReturn(nil, e))
		got, err := protocol.ParseReturn(b)
		require.NoError(t, err)
		assert.Equal(t, e, got)
	}
}

func TestPayloadsMayHaveMoreElementsAndNotFewer(t *testing.T) {
	parse := map[string]func([]byte) error{
		"Invocation":   func(b []byte) error { _, err := protocol.ParseEnvelope(b); return err },
		"GroupCommand": func(b []byte) error { _, err := protocol.ParseGroupCommand(b); return err },
		"Ack":          func(b []byte) error { _, err := protocol.ParseAck(b); return err },
		"Completion":   func(b []byte) error { _, err := protocol.ParseReturn(b); return err },
	}
	for kind, vector := range map[string]string{
		"Invocation":   "93 90 81 A2 70 31 C4 01 2A C0",
		"GroupCommand": "96 2A A1 53 01 A1 47 A1 43 C3",
		"Ack":          "92 2A 01",
		"Completion":   "93 A2 70 31 C4 01 2A 2A",
	} {
		b := fromHex(t, vector)
		require.NoError(t, parse[kind](b), kind)
		require.EqualError(t, parse[kind]([]byte{0x90}), "Insufficient items in "+kind+" array.")
		require.Error(t, parse[kind]([]byte{0xc0}), kind)
		for i := range len(b) - 1 {
			require.Error(t, parse[kind](b[:i]), "%s cut at %d", kind, i)
		}
	}
}

func TestChannels(t *testing.T) {
	const hub, server = "Chat.Hubs.ChatHub", "web-7_02db60e5fab243b890a847fa5c4dcb29"
	assert.Equal(t, hub+":all", protocol.AllChannel(hub))
	assert.Equal(t, hub+":internal:groups", protocol.GroupsChannel(hub))
	assert.Equal(t, hub+":internal:ack:"+server, protocol.AckChannel(hub, server))
	assert.Equal(t, hub+":internal:return:"+server, protocol.ReturnChannel(hub, server))
	assert.Equal(t, hub+":connection:id", protocol.ConnectionChannel(hub, "id"))
	assert.Equal(t, hub+":group:a b:*é", protocol.GroupChannel(hub, "a b:*é"))
	assert.Equal(t, hub+":user:u", protocol.UserChannel(hub, "u"))
}
