package protocol_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

func raws(values ...string) []any {
	var out []any
	for _, v := range values {
		out = append(out, protocol.Raw(v))
	}
	return out
}

// jsonMessages are messages as they are read, and their text as a .NET server
// writes it.
var jsonMessages = []struct {
	text string
	m    protocol.Message
}{
	{`{"type":1,"target":"tick","arguments":[7]}`, protocol.Invocation{Target: "tick", Arguments: raws("7")}},
	{`{"type":1,"target":"none","arguments":[]}`, protocol.Invocation{Target: "none"}},
	{`{"type":1,"headers":{"a":"b","c":"d"},"invocationId":"1","target":"T","arguments":["x",{"a":[1,null]}],"streamIds":["s","u"]}`,
		protocol.Invocation{
			Headers: map[string]string{"a": "b", "c": "d"}, InvocationID: "1", Target: "T",
			Arguments: raws(`"x"`, `{"a":[1,null]}`), StreamIDs: []string{"s", "u"},
		}},
	{`{"type":4,"invocationId":"9","target":"Count","arguments":[]}`,
		protocol.Invocation{InvocationID: "9", Target: "Count", Stream: true}},
	{`{"type":2,"invocationId":"4","item":{"a":1}}`, protocol.StreamItem{InvocationID: "4", Item: protocol.Raw(`{"a":1}`)}},
	{`{"type":2,"invocationId":"4","item":null}`, protocol.StreamItem{InvocationID: "4", Item: protocol.Raw("null")}},
	{`{"type":3,"invocationId":"4"}`, protocol.Completion{InvocationID: "4"}},
	{`{"type":3,"invocationId":"4","result":null}`,
		protocol.Completion{InvocationID: "4", HasResult: true, Result: protocol.Raw("null")}},
	{`{"type":3,"invocationId":"4","result":42}`,
		protocol.Completion{InvocationID: "4", HasResult: true, Result: protocol.Raw("42")}},
	{`{"type":3,"invocationId":"4","error":"no \"such\" thing"}`,
		protocol.Completion{InvocationID: "4", Failed: true, Error: `no "such" thing`}},
	{`{"type":3,"invocationId":"4","error":""}`, protocol.Completion{InvocationID: "4", Failed: true}},
	{`{"type":5,"invocationId":"2"}`, protocol.CancelInvocation{InvocationID: "2"}},
	{`{"type":6}`, protocol.Ping{}},
	{`{"type":7}`, protocol.Close{}},
	{`{"type":7,"error":"Connection closed with an error.","allowReconnect":true}`,
		protocol.Close{Error: "Connection closed with an error.", AllowReconnect: true}},
	{`{"type":8,"sequenceId":9223372036854775807}`, protocol.Ack{SequenceID: 1<<63 - 1}},
	{`{"type":9,"sequenceId":146}`, protocol.Sequence{SequenceID: 146}},
}

func TestJSONMessagesReadAndWriteAsDotNetWritesThem(t *testing.T) {
	p := protocol.JSON()
	for _, c := range jsonMessages {
		t.Run(c.text, func(t *testing.T) {
			m, err := readOne(t, p, []byte(c.text+"\x1e"))
			require.NoError(t, err)
			assert.Equal(t, c.m, m)
			b, err := p.Append([]byte("before"), c.m)
			require.NoError(t, err)
			assert.Equal(t, "before"+c.text+"\x1e", string(b))
		})
	}
}

func TestJSONAcceptsAnyOrderSpaceAndUnknownProperties(t *testing.T) {
	for text, want := range map[string]protocol.Message{
		// As the JavaScript client writes them: type last.
		`{"target":"Echo","arguments":["x"],"invocationId":"0","type":1}`: protocol.Invocation{
			InvocationID: "0", Target: "Echo", Arguments: raws(`"x"`)},
		`{"invocationId":"0","item":1,"type":2}`:       protocol.StreamItem{InvocationID: "0", Item: protocol.Raw("1")},
		`{"error":"bad","invocationId":"s1","type":3}`: protocol.Completion{InvocationID: "s1", Failed: true, Error: "bad"},
		`{"result":[1],"invocationId":"s1","type":3}`:  protocol.Completion{InvocationID: "s1", HasResult: true, Result: protocol.Raw("[1]")},
		" {\t\"type\" : 6 ,\r\n \"x\" : { } } ":        protocol.Ping{},
		`{"Type":1,"type":6,"TARGET":{}}`:              protocol.Ping{},
		`{"ty\u0070e":6}`:                              protocol.Ping{},
		`{"type":6,"target":3,"headers":7}`:            protocol.Ping{},
		`{"type":1,"target":"a","target":"b","arguments":[ 1 , [ ] , "]" ]}`: protocol.Invocation{
			Target: "b", Arguments: raws("1", "[ ]", `"]"`)},
		`{"type":1,"invocationId":null,"target":"\u00e9\n","arguments":[]}`: protocol.Invocation{Target: "é\n"},
		`{"type":1,"invocationId":"","target":"a","arguments":[],"headers":{},"streamIds":[]}`: protocol.Invocation{
			Target: "a"},
		`{"type":3,"invocationId":"1","error":null,"result":1}`: protocol.Completion{
			InvocationID: "1", HasResult: true, Result: protocol.Raw("1")},
		`{"type":7,"error":null,"allowReconnect":false}`: protocol.Close{},
		`{"type":99,"what":"ever"}`:                      nil,
	} {
		m, err := protocol.JSON().Parse([]byte(text))
		if assert.NoError(t, err, text) {
			assert.Equal(t, want, m, text)
		}
	}
}

func TestJSONRefusesWhatIsNoMessage(t *testing.T) {
	nested := func(n int) string {
		return `{"type":1,"target":"a","arguments":[` + strings.Repeat("[", n) + strings.Repeat("]", n) + `]}`
	}
	_, err := protocol.JSON().Parse([]byte(nested(62)))
	require.NoError(t, err, "64 levels are allowed")

	const unreadable = "Error reading JSON."
	for text, want := range map[string]string{
		"":                                       unreadable,
		"{":                                      unreadable,
		"nonsense":                               unreadable,
		`{"type":6} {}`:                          unreadable,
		`{"type":6,}`:                            unreadable,
		`{"type":6/* no */}`:                     unreadable,
		"{\"type\":6,\"a\":\"\xff\"}":            unreadable,
		"\ufeff{\"type\":6}":                     unreadable,
		nested(63):                               unreadable,
		`[1]`:                                    "Unexpected JSON Token Type 'Array'. Expected a JSON Object.",
		`"x"`:                                    "Unexpected JSON Token Type 'String'. Expected a JSON Object.",
		`{}`:                                     "Missing required property 'type'.",
		`{"type":"1"}`:                           "Expected 'type' to be of type Number.",
		`{"type":null}`:                          "Expected 'type' to be of type Number.",
		`{"type":1.5}`:                           unreadable,
		`{"type":4294967297}`:                    unreadable,
		`{"type":1,"arguments":[]}`:              "Missing required property 'target'.",
		`{"type":1,"target":"","arguments":[]}`:  "Missing required property 'target'.",
		`{"type":1,"target":5,"arguments":[]}`:   "Expected 'target' to be of type String.",
		`{"type":1,"target":"a"}`:                "Missing required property 'arguments'.",
		`{"type":1,"target":"a","arguments":{}}`: "Expected 'arguments' to be of type Array.",
		`{"type":1,"target":"a","arguments":null}`:                  "Expected 'arguments' to be of type Array.",
		`{"type":1,"target":"a","arguments":[],"headers":[]}`:       "Expected 'headers' to be of type Object.",
		`{"type":1,"target":"a","arguments":[],"headers":{"x":1}}`:  "Expected header 'x' to be of type String.",
		`{"type":1,"target":"a","arguments":[],"streamIds":[null]}`: "Expected 'streamIds' to be an array of strings.",
		`{"type":1,"target":"a","arguments":[],"invocationId":1}`:   "Expected 'invocationId' to be of type String.",
		`{"type":4,"target":"a","arguments":[]}`:                    "Missing required property 'invocationId'.",
		`{"type":2,"item":1}`:                                       "Missing required property 'invocationId'.",
		`{"type":2,"invocationId":"1"}`:                             "Missing required property 'item'.",
		`{"type":3,"result":1}`:                                     "Missing required property 'invocationId'.",
		`{"type":3,"invocationId":"1","error":"x","result":null}`:   "The 'error' and 'result' properties are mutually exclusive.",
		`{"type":3,"invocationId":"1","error":5}`:                   "Expected 'error' to be of type String.",
		`{"type":5}`:                    "Missing required property 'invocationId'.",
		`{"type":7,"allowReconnect":1}`: "Expected 'allowReconnect' to be true or false.",
		`{"type":8}`:                    "Missing required property 'sequenceId'.",
		`{"type":9,"sequenceId":"1"}`:   "Expected 'sequenceId' to be of type Number.",
	} {
		m, err := protocol.JSON().Parse([]byte(text))
		assert.Nil(t, m, text)
		var format *protocol.FormatError
		if assert.ErrorAs(t, err, &format, text) {
			assert.Equal(t, want, format.Text, text)
			assert.Equal(t, want == unreadable, format.Err != nil, "%s: a cause for the log", text)
		}
	}
}

func TestJSONFramesAreCutAtSeparators(t *testing.T) {
	p := protocol.JSON()
	buf := []byte("{\"type\":6}\x1e\x1e{\"ty")
	body, rest, err := p.Split(buf, 0)
	require.NoError(t, err)
	assert.Equal(t, `{"type":6}`, string(body))
	body, rest, err = p.Split(rest, 0)
	require.NoError(t, err)
	assert.NotNil(t, body, "an empty frame is a frame")
	assert.Empty(t, body)
	body, rest, err = p.Split(rest, 0)
	require.NoError(t, err)
	assert.Nil(t, body)
	assert.Equal(t, `{"ty`, string(rest))
}

func TestFramesOverTheLimitAreRefusedAsSoonAsTheyAreKnown(t *testing.T) {
	const limit = 200
	for _, p := range []protocol.Protocol{protocol.JSON(), protocol.MessagePack()} {
		t.Run(p.Name(), func(t *testing.T) {
			frame, err := p.Append(nil, protocol.Invocation{Target: strings.Repeat("t", 120)})
			require.NoError(t, err)
			body, _, err := p.Split(frame, len(frame))
			require.NoError(t, err)
			assert.NotNil(t, body, "exactly the limit is allowed")

			_, rest, err := p.Split(frame, len(frame)-1)
			var tooLarge *protocol.TooLargeError
			require.ErrorAs(t, err, &tooLarge)
			assert.Equal(t, len(frame)-1, tooLarge.Limit)
			assert.Equal(t, frame, rest)
		})
	}
	start := bytes.Repeat([]byte{' '}, limit)
	_, _, err := protocol.JSON().Split(start[:limit-1], limit)
	require.NoError(t, err, "the separator may still come")
	_, _, err = protocol.JSON().Split(start, limit)
	require.EqualError(t, err,
		"The maximum message size of 200B was exceeded. The message size can be configured in AddHubOptions.")
	_, _, err = protocol.MessagePack().Split([]byte{0xff, 0x01}, limit)
	require.ErrorContains(t, err, "200B", "the length prefix says so")
}
