package protocol_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

var xyzHeaders = map[string]string{"x": "y", "z": "z"}

// messagePackVectors are Microsoft's (Hub Protocol; MessagePackHubProtocolTests).
// raw is what is read, app what an application would write.
var messagePackVectors = []struct {
	name, body string
	app        protocol.Message
	raw        protocol.Message // nil: equal to app
}{
	{"invocation with id", "96 01 80 A3 78 79 7A A6 6D 65 74 68 6F 64 90 90",
		protocol.Invocation{InvocationID: "xyz", Target: "method"}, nil},
	{"invocation", "96 01 80 C0 A6 6D 65 74 68 6F 64 90 90", protocol.Invocation{Target: "method"}, nil},
	{"one argument", "96 01 80 C0 A6 6D 65 74 68 6F 64 91 2A 90",
		protocol.Invocation{Target: "method", Arguments: []any{42}},
		protocol.Invocation{Target: "method", Arguments: raws("\x2a")}},
	{"two arguments", "96 01 80 C0 A6 6D 65 74 68 6F 64 92 2A A6 73 74 72 69 6E 67 90",
		protocol.Invocation{Target: "method", Arguments: []any{42, "string"}},
		protocol.Invocation{Target: "method", Arguments: raws("\x2a", "\xa6string")}},
	{"stream ids", "96 01 80 C0 A6 54 61 72 67 65 74 90 91 AB 5F 5F 74 65 73 74 5F 69 64 5F 5F",
		protocol.Invocation{Target: "Target", StreamIDs: []string{"__test_id__"}}, nil},
	{"headers", "96 01 82 A1 78 A1 79 A1 7A A1 7A A3 78 79 7A A6 6D 65 74 68 6F 64 91 2A 90",
		protocol.Invocation{Headers: xyzHeaders, InvocationID: "xyz", Target: "method", Arguments: []any{42}},
		protocol.Invocation{Headers: xyzHeaders, InvocationID: "xyz", Target: "method", Arguments: raws("\x2a")}},
	{"stream invocation", "96 04 80 A3 78 79 7A A6 6D 65 74 68 6F 64 91 2A 90",
		protocol.Invocation{InvocationID: "xyz", Target: "method", Arguments: []any{42}, Stream: true},
		protocol.Invocation{InvocationID: "xyz", Target: "method", Arguments: raws("\x2a"), Stream: true}},
	{"item", "94 02 80 A3 78 79 7A 2A", protocol.StreamItem{InvocationID: "xyz", Item: 42},
		protocol.StreamItem{InvocationID: "xyz", Item: protocol.Raw{42}}},
	{"float item", "94 02 80 A3 78 79 7A CA 42 28 00 00", protocol.StreamItem{InvocationID: "xyz", Item: float32(42)},
		protocol.StreamItem{InvocationID: "xyz", Item: protocol.Raw("\xca\x42\x28\x00\x00")}},
	{"bool item", "94 02 80 A3 78 79 7A C3", protocol.StreamItem{InvocationID: "xyz", Item: true},
		protocol.StreamItem{InvocationID: "xyz", Item: protocol.Raw{0xc3}}},
	{"error", "95 03 80 A3 78 79 7A 01 B0 45 72 72 6F 72 20 6E 6F 74 20 66 6F 75 6E 64 21",
		protocol.Completion{InvocationID: "xyz", Failed: true, Error: "Error not found!"}, nil},
	{"empty error", "95 03 80 A3 78 79 7A 01 A0", protocol.Completion{InvocationID: "xyz", Failed: true}, nil},
	{"no result", "94 03 80 A3 78 79 7A 02", protocol.Completion{InvocationID: "xyz"}, nil},
	{"result", "95 03 80 A3 78 79 7A 03 2A", protocol.Completion{InvocationID: "xyz", HasResult: true, Result: 42},
		protocol.Completion{InvocationID: "xyz", HasResult: true, Result: protocol.Raw{42}}},
	{"nil result", "95 03 80 A3 78 79 7A 03 C0", protocol.Completion{InvocationID: "xyz", HasResult: true},
		protocol.Completion{InvocationID: "xyz", HasResult: true, Result: protocol.Raw{0xc0}}},
	{"cancel", "93 05 80 A3 78 79 7A", protocol.CancelInvocation{InvocationID: "xyz"}, nil},
	{"ping", "91 06", protocol.Ping{}, nil},
	{"close", "93 07 C0 C2", protocol.Close{}, nil},
	{"close with error", "93 07 A6 45 72 72 6F 72 21 C2", protocol.Close{Error: "Error!"}, nil},
	{"close to reconnect", "93 07 C0 C3", protocol.Close{AllowReconnect: true}, nil},
	{"close with both", "93 07 A6 45 72 72 6F 72 21 C3", protocol.Close{Error: "Error!", AllowReconnect: true}, nil},
	{"ack", "92 08 2A", protocol.Ack{SequenceID: 42}, nil},
	{"sequence", "92 09 CC 92", protocol.Sequence{SequenceID: 146}, nil},
}

func TestMessagePackMessagesReadAndWriteAsDotNetWritesThem(t *testing.T) {
	p := protocol.MessagePack()
	for _, c := range messagePackVectors {
		t.Run(c.name, func(t *testing.T) {
			want := c.raw
			if want == nil {
				want = c.app
			}
			body := fromHex(t, c.body)
			m, err := p.Parse(body)
			require.NoError(t, err)
			assert.Equal(t, want, m)
			for _, m := range []protocol.Message{c.app, want} {
				b, err := p.Append([]byte("before"), m)
				require.NoError(t, err)
				assert.Equal(t, append(append([]byte("before"), byte(len(body))), body...), b)
			}
		})
	}
}

func TestMessagePackReadsWhatTheJavaScriptClientSends(t *testing.T) {
	for frame, want := range map[string]protocol.Message{
		"02 91 06":    protocol.Ping{},
		"03 92 07 C0": protocol.Close{},
		"0E 95 01 80 A1 30 A4 45 63 68 6F 91 A2 68 69": protocol.Invocation{
			InvocationID: "0", Target: "Echo", Arguments: raws("\xa2hi")},
		"0D 95 01 80 C0 A4 45 63 68 6F 91 A2 68 69": protocol.Invocation{Target: "Echo", Arguments: raws("\xa2hi")},
		"0C 96 01 80 A1 31 A2 55 70 90 91 A1 30": protocol.Invocation{
			InvocationID: "1", Target: "Up", StreamIDs: []string{"0"}},
		"05 93 05 80 A1 32": protocol.CancelInvocation{InvocationID: "2"},
		"03 92 08 2A":       protocol.Ack{SequenceID: 42},
	} {
		m, err := readOne(t, protocol.MessagePack(), fromHex(t, frame))
		if assert.NoError(t, err, frame) {
			assert.Equal(t, want, m, frame)
		}
	}
}

func TestMessagePackIsLenientWhereItMustBe(t *testing.T) {
	for body, want := range map[string]protocol.Message{
		"97 01 80 A0 A1 61 90 90 C0": protocol.Invocation{Target: "a"}, // empty id, one more
		"96 D0 01 DE 00 00 D9 01 31 DA 00 01 61 DC 00 01 CD 00 07 90": protocol.Invocation{ // wider than need be
			InvocationID: "1", Target: "a", Arguments: raws("\xcd\x00\x07")},
		"94 07 A0 C3 C0":                   protocol.Close{AllowReconnect: true},
		"93 06 01 02":                      protocol.Ping{},
		"92 63 C0":                         nil,
		"92 08 D3 00 00 00 00 00 00 00 05": protocol.Ack{SequenceID: 5},
		"96 03 80 A1 31 02 C0 C0":          protocol.Completion{InvocationID: "1"},
	} {
		m, err := protocol.MessagePack().Parse(fromHex(t, body))
		if assert.NoError(t, err, body) {
			assert.Equal(t, want, m, body)
		}
	}
}

func TestMessagePackRefusesWhatIsNoMessage(t *testing.T) {
	for body, want := range map[string]string{
		"":                                 "Reading array length for 'elementCount' failed.",
		"80":                               "Reading array length for 'elementCount' failed.",
		"90":                               "Reading 'messageType' as Int32 failed.",
		"91 A3 66 6F 6F":                   "Reading 'messageType' as Int32 failed.",
		"91 CF 00 00 00 01 00 00 00 00":    "Reading 'messageType' as Int32 failed.",
		"93 01 A1 61 C0":                   "Reading map length for 'headers' failed.",
		"92 01 C0":                         "Reading map length for 'headers' failed.",
		"93 01 81 2A A1 61":                "Reading 'headers[0].Key' as String failed.",
		"93 01 81 A1 61 2A":                "Reading 'headers[0].Value' as String failed.",
		"92 01 DF FF FF FF FF":             "Reading 'headers[0].Key' as String failed.",
		"96 01 80 2A A1 61 90 90":          "Reading 'invocationId' as String failed.",
		"96 01 80 C0 2A 90 90":             "Reading 'target' as String failed.",
		"96 01 80 C0 A1 FF 90 90":          "Reading 'target' as String failed.",
		"96 01 80 C0 A0 90 90":             "Null or empty target for Invocation message.",
		"95 01 80 C0 A1 61 C0":             "Reading array length for 'arguments' failed.",
		"95 01 80 C0 A1 61 DD FF FF FF FF": "Reading 'arguments' failed.",
		"95 01 80 C0 A1 61 91 C1":          "Reading 'arguments' failed.",
		"96 01 80 C0 A1 61 90 C0":          "Reading array length for 'streamIds' failed.",
		"96 01 80 C0 A1 61 90 91 C0":       "Reading 'streamIds' as String failed.",
		"95 04 80 C0 A1 61 90":             "Null or empty invocation ID for StreamInvocation message.",
		"94 02 80 A0 2A":                   "Null or empty invocation ID for StreamItem message.",
		"93 02 80 A1 31":                   "Reading 'item' failed.",
		"95 03 80 A1 31 04 C0":             "Invalid invocation result kind.",
		"95 03 80 A1 31 01 C0":             "Reading 'error' as String failed.",
		"95 03 80 A1 31 A1 31":             "Reading 'resultKind' as Int32 failed.",
		"93 07 2A C3":                      "Reading 'error' as String failed.",
		"93 07 C0 2A":                      "Reading 'allowReconnect' as Boolean failed.",
		"92 08 A1 31":                      "Reading 'sequenceId' as Int64 failed.",
	} {
		m, err := protocol.MessagePack().Parse(fromHex(t, body))
		assert.Nil(t, m, body)
		var format *protocol.FormatError
		if assert.ErrorAs(t, err, &format, body) {
			assert.Equal(t, want, format.Text, body)
		}
	}
}

func TestMessagePackDepthIsLimited(t *testing.T) {
	item := func(levels int) []byte {
		return append([]byte("\x94\x02\x80\xa11"), bytes.Repeat([]byte{0x91}, levels)...)
	}
	_, err := protocol.MessagePack().Parse(append(item(62), 0x90))
	require.NoError(t, err)
	_, err = protocol.MessagePack().Parse(append(item(63), 0x90))
	require.EqualError(t, err, "Reading 'item' failed.")
	_, err = protocol.MessagePack().Parse(item(1 << 20))
	require.EqualError(t, err, "Reading 'item' failed.")
}

// The lengths and prefixes of the table in Hub Protocol, MessagePack Encoding.
func TestMessagePackPrefixesHaveTheirEdges(t *testing.T) {
	for _, c := range []struct {
		length int
		prefix string
	}{
		{11, "0B"}, {127, "7F"}, {128, "80 01"}, {5248, "80 29"}, {16383, "FF 7F"}, {16384, "80 80 01"},
		{2097151, "FF FF 7F"}, {2097152, "80 80 80 01"},
	} {
		// An item of text that brings the body to just that length.
		overhead := 6
		for _, more := range []int{31 + 6, 255 + 6 + 1, 65535 + 6 + 2} {
			if c.length > more {
				overhead = map[int]int{37: 7, 262: 8, 65543: 10}[more]
			}
		}
		m := protocol.StreamItem{InvocationID: "1", Item: strings.Repeat("i", c.length-overhead)}
		frame, err := protocol.MessagePack().Append([]byte("b"), m)
		require.NoError(t, err)
		prefix := fromHex(t, c.prefix)
		require.Equal(t, prefix, frame[1:1+len(prefix)], "%d", c.length)
		require.Len(t, frame, 1+len(prefix)+c.length)
		for cutAt := range 10 {
			body, rest, err := protocol.MessagePack().Split(frame[1:len(frame)-1-cutAt], 0)
			require.NoError(t, err)
			require.Nil(t, body)
			require.Len(t, rest, len(frame)-2-cutAt)
		}
		body, rest, err := protocol.MessagePack().Split(append(frame[1:], 1, 2), 0)
		require.NoError(t, err)
		assert.Len(t, body, c.length)
		assert.Equal(t, []byte{1, 2}, rest)
	}
	body, _, err := protocol.MessagePack().Split([]byte{0}, 0)
	require.NoError(t, err)
	assert.NotNil(t, body)
	assert.Empty(t, body)
	_, _, err = protocol.MessagePack().Split(fromHex(t, "FF FF FF FF 07 00"), 0)
	require.NoError(t, err, "the longest there may be; more is awaited")
	for _, prefix := range []string{"FF FF FF FF 08", "FF FF FF FF FF", "80 80 80 80 80 01"} {
		_, _, err := protocol.MessagePack().Split(fromHex(t, prefix), 0)
		require.EqualError(t, err, "Messages over 2GB in size are not supported.", prefix)
	}
	_, _, err = protocol.MessagePack().Split(fromHex(t, "FF FF FF FF 07"), math.MaxInt32)
	require.ErrorContains(t, err, "2147483647B", "the prefix counts too")
}
