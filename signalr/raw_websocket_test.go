package signalr

import (
	"fmt"
	"strings"
	"testing"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// everywhere runs a test in virtual time, and over real sockets.
func everywhere(t *testing.T, test func(t *testing.T, a *arena)) {
	t.Run("pipes", func(t *testing.T) { inArena(t, test) })
	t.Run("sockets", func(t *testing.T) { overSockets(t, test) })
}

// bye is a close frame as clients end with.
var bye = rawFrame{opcode: opClose, payload: "\x03\xe8"}.bytes()

// session returns what a client sends, from its handshake on, and what it gets.
func session(t *testing.T, p protocol.Protocol) (sent, got string) {
	sent = fmt.Sprintf(`{"protocol":%q,"version":1}`+"\x1e", p.Name())
	got = "{}\x1e"
	for i, word := range []string{"one", "", "zwölf " + strings.Repeat("x", 200)} {
		call, err := p.Append(nil, protocol.Invocation{InvocationID: fmt.Sprint(i), Target: "Echo", Arguments: []any{word}})
		require.NoError(t, err)
		answer, err := p.Append(nil, protocol.Completion{InvocationID: fmt.Sprint(i), HasResult: true, Result: word})
		require.NoError(t, err)
		sent, got = sent+string(call), got+string(answer)
	}
	return sent, got
}

func TestRawFramesMayBeCutAndMergedAnywhere(t *testing.T) {
	cuts := map[string]func(sent string) (frames []rawFrame){
		"one frame": func(sent string) []rawFrame { return []rawFrame{textFrame(sent)} },
		"a frame for each byte": func(sent string) (frames []rawFrame) {
			for i := range len(sent) {
				frames = append(frames, rawFrame{opcode: byte(opText + i%2), payload: sent[i : i+1]})
			}
			return frames
		},
		"a fragment for each byte": func(sent string) (frames []rawFrame) {
			for i := range len(sent) {
				frames = append(frames, rawFrame{opcode: opContinuation, payload: sent[i : i+1], more: i < len(sent)-1})
			}
			frames[0].opcode = opBinary
			return frames
		},
		"empty frames and pings in between": func(sent string) (frames []rawFrame) {
			frames = []rawFrame{textFrame(""), {opcode: opText, more: true}}
			for i := 0; i < len(sent); i += 7 {
				frames = append(frames,
					rawFrame{opcode: opPing, payload: fmt.Sprint("ping ", i)}, rawFrame{opcode: opPong},
					rawFrame{opcode: opContinuation, more: true},
					rawFrame{opcode: opContinuation, payload: sent[i:min(i+7, len(sent))], more: i+7 < len(sent)})
			}
			return append(frames, rawFrame{opcode: opBinary})
		},
	}
	everywhere(t, func(t *testing.T, a *arena) {
		for name, cut := range cuts {
			for _, p := range []protocol.Protocol{protocol.JSON(), protocol.MessagePack()} {
				sent, want := session(t, p)
				r := a.enterWebSocket()
				pings := 0
				for _, f := range cut(sent) {
					r.send(f.bytes())
					if f.opcode == opPing {
						pings++
					}
				}
				r.said(want).send(bye)
				data, code := r.closed()
				assert.Equal(t, 1000, code, name)
				assert.Equal(t, want, data, name)
				assert.Equal(t, pings, pongs(r.got), name)
			}
		}
		a.unharmed()
	})
}

func TestRawFramesThatAreIllegalEndTheConnection(t *testing.T) {
	frames := map[string][]rawFrame{
		"not masked":                      {{opcode: opText, payload: "x", unmasked: true}},
		"a control frame not masked":      {{opcode: opPing, unmasked: true}},
		"the first reserved bit":          {{opcode: opText, payload: "x", rsv: 0x40}},
		"the second reserved bit":         {{opcode: opBinary, rsv: 0x20}},
		"the third reserved bit":          {{opcode: opPing, rsv: 0x10}},
		"a continuation of nothing":       {{opcode: opContinuation, payload: "x"}},
		"a continuation of what is over":  {textFrame(" "), {opcode: opContinuation}},
		"a message inside another":        {{opcode: opText, payload: " ", more: true}, textFrame(" ")},
		"a ping in pieces":                {{opcode: opPing, more: true}, {opcode: opContinuation}},
		"a ping of 126 bytes":             {{opcode: opPing, payload: strings.Repeat("x", 126)}},
		"a close frame of 126 bytes":      {{opcode: opClose, payload: "\x03\xe8" + strings.Repeat("x", 124)}},
		"a close frame of one byte":       {{opcode: opClose, payload: "\x03"}},
		"a close code that is not sent":   {{opcode: opClose, payload: "\x03\xed"}},
		"a close code below 1000":         {{opcode: opClose, payload: "\x03\xe7"}},
		"a close reason that is no UTF-8": {{opcode: opClose, payload: "\x03\xe8\xff"}},
		"a length of 2^63":                {{opcode: opText, payload: " ", length: 1 << 63}},
	}
	for op := range byte(16) {
		if op > opBinary && op < opClose || op > opPong {
			frames[fmt.Sprintf("opcode %d", op)] = []rawFrame{{opcode: op}}
		}
	}
	// The library takes the first as a close frame without a status, and refuses the
	// second without a word.
	lenient := map[string]bool{"a close frame of one byte": true, "a length of 2^63": true}
	everywhere(t, func(t *testing.T, a *arena) {
		for name, bad := range frames {
			r := a.enterHub(protocol.JSON())
			for _, f := range bad {
				r.send(f.bytes())
			}
			data, code := r.closed()
			assert.Equal(t, "{}\x1e", data, name)
			err := <-a.hub.disconnected
			if lenient[name] {
				assert.Equal(t, 1000, code, name)
				continue
			}
			assert.Equal(t, 1002, code, name)
			assert.Error(t, err, name)
		}
		a.unharmed()
	})
}

func TestRawFramesThatAreNeverFinished(t *testing.T) {
	inArena(t, func(t *testing.T, a *arena) {
		for _, f := range []rawFrame{
			{opcode: opText, payload: "x", length: 1 << 62},
			{opcode: opText, payload: "x", more: true},
			{opcode: opPing, payload: "xyz"},
			{opcode: opClose, payload: "\x03\xe8"},
		} {
			whole := f.bytes()
			for i := 1; i < len(whole); i++ {
				r := a.enterHub(protocol.JSON())
				r.send(whole[:i]).leave()
				err := <-a.hub.disconnected
				if f.opcode == opText && i > len(whole)-len(f.payload) { // some of the message has come
					assert.ErrorContains(t, err, "Connection terminated while reading a message.")
				}
			}
		}
		a.unharmed()
	})
}
