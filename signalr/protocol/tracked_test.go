package protocol

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTrackedMessagesAreThoseOfTypes1To5(t *testing.T) {
	for _, p := range []Protocol{JSON(), MessagePack()} {
		for _, test := range []struct {
			message Message
			tracked bool
		}{
			{Invocation{Target: "m", Arguments: []any{1}}, true},
			{Invocation{Target: "m", Arguments: []any{string(make([]byte, 20_000))}}, true},
			{Invocation{InvocationID: "1", Target: "m", Arguments: []any{}, Stream: true}, true},
			{StreamItem{InvocationID: "1", Item: 1}, true},
			{Completion{InvocationID: "1", Headers: map[string]string{"a": "b"}}, true},
			{CancelInvocation{InvocationID: "1"}, true},
			{Ping{}, false},
			{Close{}, false},
			{Close{Error: "x", AllowReconnect: true}, false},
			{Ack{SequenceID: 1 << 40}, false},
			{Sequence{SequenceID: 3}, false},
		} {
			frame, err := p.Append(nil, test.message)
			require.NoError(t, err)
			assert.Equal(t, test.tracked, IsTracked(test.message), "%T", test.message)
			assert.Equal(t, test.tracked, IsTrackedFrame(p, frame), "%s %T", p.Name(), test.message)
			kind, ok := leadingType(p, frame)
			assert.True(t, ok && kind > 0, "%s %T is found without parsing", p.Name(), test.message)
		}
	}
}

func TestTrackedFramesMayHaveTheirTypeAnywhere(t *testing.T) {
	for text, tracked := range map[string]bool{
		`{"target":"m","arguments":[],"type":1}` + "\x1e":  true,
		`{"type": 1,"target":"m","arguments":[]}` + "\x1e": true,
		`{"allowReconnect":true,"type":7}` + "\x1e":        false,
		`{"type":10}` + "\x1e":                             false,
		`{"type":0}` + "\x1e":                              false,
		"{}\x1e":                                           false,
		`{"type":`:                                         false,
		"":                                                 false,
	} {
		assert.Equal(t, tracked, IsTrackedFrame(JSON(), []byte(text)), text)
	}
	assert.True(t, IsTrackedFrame(MessagePack(), []byte("\x07\xdc\x00\x03\x05\x80\xa1\x31")), "an array of 16 bits")
	assert.False(t, IsTrackedFrame(MessagePack(), []byte("{}\x1e")), "the answer to a handshake")
	assert.False(t, IsTrackedFrame(MessagePack(), []byte("\x80\x80\x80")))
	assert.False(t, IsTrackedFrame(MessagePack(), nil))
}

// FuzzTrackedFrames expects that the short way says what parsing says.
func FuzzTrackedFrames(f *testing.F) {
	for _, p := range []Protocol{JSON(), MessagePack()} {
		for _, m := range []Message{Invocation{Target: "m", Arguments: []any{}}, Ping{}, Close{Error: "x"}, Ack{SequenceID: 300}} {
			frame, err := p.Append(nil, m)
			require.NoError(f, err)
			f.Add(frame)
		}
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		for _, p := range []Protocol{JSON(), MessagePack()} {
			tracked := IsTrackedFrame(p, frame)
			body, rest, err := p.Split(frame, 0)
			if err != nil || body == nil || len(rest) > 0 {
				continue
			}
			if m, err := p.Parse(body); err == nil {
				assert.Equal(t, IsTracked(m), tracked, "%s %q", p.Name(), frame)
			}
		}
	})
}
