package signalr

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// samples are messages of every type that clients send, and one more.
var samples = []protocol.Message{
	protocol.Invocation{InvocationID: "7", Target: "Echo", Arguments: []any{"a\u00e9\"\\"}},
	protocol.Invocation{Headers: map[string]string{"h": "v"}, Target: "Add", Arguments: []any{1, -20}},
	protocol.Invocation{InvocationID: "8", Target: "Nothing", Arguments: []any{}, StreamIDs: []string{"9"}, Stream: true},
	protocol.StreamItem{InvocationID: "9", Item: map[string]any{"x": []any{nil, true, 1.5}}},
	protocol.Completion{InvocationID: "9", Failed: true, Error: "no"},
	protocol.Completion{InvocationID: "s1", HasResult: true, Result: "r"},
	protocol.CancelInvocation{InvocationID: "8"},
	protocol.Ping{},
	protocol.Close{Error: "over", AllowReconnect: true},
	protocol.Ack{SequenceID: 3},
	protocol.Sequence{SequenceID: 300},
}

// mutants calls use with what body becomes if it breaks off, or if a byte of it
// is another, is missing, or comes twice.
func mutants(body string, others string, use func(mutant string)) {
	for i := range len(body) {
		use(body[:i])
		use(body[:i] + body[i+1:])
		use(body[:i+1] + body[i:])
		for j := range len(others) {
			use(body[:i] + others[j:j+1] + body[i+1:])
		}
	}
}

// An exam sends bodies to a hub, over one WebSocket after another, and sees that
// each is either put up with or ends its connection in order.
type exam struct {
	*arena
	protocol protocol.Protocol
	asked    int
	client   *raw
	want     string // all that the client was sent
}

func (e *exam) connect() {
	e.client, e.want = e.enterHub(e.protocol), "{}\x1e"
}

// frame puts a body on the wire.
func (e *exam) frame(body string) string {
	if !e.protocol.Binary() {
		return body + "\x1e"
	}
	return string(append(appendVarint(nil, uint64(len(body))), body...))
}

// try sends a body and a call. Either that is answered, or the connection ends
// with a Close message, and that is as the protocol's parser wants it.
func (e *exam) try(body string) {
	m, err := e.protocol.Parse([]byte(body))
	e.asked++
	call, _ := e.protocol.Append(nil, protocol.Invocation{InvocationID: fmt.Sprint("exam ", e.asked), Target: "Nothing", Arguments: []any{}})
	e.client.send(textFrame(e.frame(body) + string(call)).bytes())
	answer, _ := e.protocol.Append(nil, protocol.Completion{InvocationID: fmt.Sprint("exam ", e.asked), HasResult: true})
	farewell, _ := e.protocol.Append(nil, protocol.Close{Error: "Connection closed with an error.", AllowReconnect: true})
	_, leaves := m.(protocol.Close)
	if leaves {
		farewell, _ = e.protocol.Append(nil, protocol.Close{})
	}
	if err == nil && !leaves {
		e.client.until(func(got []byte) bool { return strings.Contains(string(got), string(answer)) })
		return
	}
	e.client.send(bye)
	data, code := e.client.closed()
	assert.True(e.t, strings.HasSuffix(data, string(farewell)), "%q is answered with %q", body, data)
	assert.Equal(e.t, 1000, code, "%q", body)
	e.client.leave()
	if ended := <-e.hub.disconnected; !leaves {
		assert.Error(e.t, ended, "%q", body)
	}
	e.connect()
}

func TestRawJSONThatIsWrongAtAnyByte(t *testing.T) {
	inArena(t, func(t *testing.T, a *arena) {
		e := &exam{arena: a, protocol: protocol.JSON()}
		e.connect()
		for _, m := range samples {
			frame, err := e.protocol.Append(nil, m)
			require.NoError(t, err)
			mutants(string(frame[:len(frame)-1]), "\x00\"}[9\xff", func(mutant string) {
				if strings.ContainsRune(mutant, 0x1e) {
					return
				}
				if _, err := e.protocol.Parse([]byte(mutant)); err == nil {
					require.True(t, json.Valid([]byte(mutant)), "%q is no JSON and was read", mutant)
				}
				e.try(mutant)
			})
		}
		e.client.leave()
		a.unharmed()
	})
}

func TestRawMessagePackThatIsWrongAtAnyByte(t *testing.T) {
	inArena(t, func(t *testing.T, a *arena) {
		e := &exam{arena: a, protocol: protocol.MessagePack()}
		e.connect()
		for _, m := range samples {
			frame, err := e.protocol.Append(nil, m)
			require.NoError(t, err)
			mutants(string(frame[1:]), "\x00\x80\xc0\xc1\xdd\xdf\xff", e.try)
		}
		e.client.leave()
		a.unharmed()
	})
}

func TestRawTypesThatAreUnknownAreIgnored(t *testing.T) {
	inArena(t, func(t *testing.T, a *arena) {
		for p, bodies := range map[protocol.Protocol][]string{
			protocol.JSON():        {`{"type":0}`, `{"type":10}`, `{"type":-1}`, `{"type":2147483647,"target":[]}`},
			protocol.MessagePack(): {"\x91\x00", "\x91\x0a", "\x92\xff\xc0", "\x91\xd2\x7f\xff\xff\xff"},
		} {
			e := &exam{arena: a, protocol: p}
			e.connect()
			for _, body := range bodies {
				m, err := p.Parse([]byte(body))
				require.NoError(t, err)
				require.Nil(t, m)
				e.try(body)
			}
			e.client.leave()
		}
		a.unharmed()
	})
}

func TestRawMessagePackThatAnnouncesTheAbsurd(t *testing.T) {
	const call = "\x95\x01\x80\xa1\x31\xa4Echo" // and then the arguments
	inArena(t, func(t *testing.T, a *arena) {
		e := &exam{arena: a, protocol: protocol.MessagePack()}
		e.connect()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for _, body := range []string{
			"\xdd\xff\xff\xff\xff",                             // an array of 2^32-1, the message
			"\xdd\x80\x00\x00\x00\x01",                         // of 2^31, whose rest is missing
			"\x95\x01\xdf\xff\xff\xff\xff",                     // headers
			"\x95\x01\xdf\x80\x00\x00\x00\xa1\x31",             // headers, of which there is half of one
			call + "\xdd\x80\x00\x00\x00",                      // 2^31 arguments
			call + "\xdd\x80\x00\x00\x00\xc0",                  // of which there is one
			call + "\x91\xc6\xff\xff\xff\xff",                  // bytes
			call + "\x91\xdb\xff\xff\xff\xff",                  // a text
			call + "\x91\xc9\xff\xff\xff\xff\x01",              // an extension
			call + "\x91\xdf\xff\xff\xff\xff",                  // a map
			"\x95\x01\x80\xdb\xff\xff\xff\xff",                 // an invocation ID
			"\x96\x01\x80\xc0\xa4Echo\x90\xdd\xff\xff\xff\xff", // stream IDs
			call + strings.Repeat("\x91", 10_000),              // nested and broken off
			call + strings.Repeat("\x91", 10_000) + "\xc0",     // nested and whole
			call + strings.Repeat("\x81\xc0", 10_000) + "\xc0",
			strings.Repeat("\x91", 10_000) + "\x06",
			"", "\xc1", "\xc0", "\x90", "\x91", "\x80",
		} {
			e.try(body)
		}
		runtime.ReadMemStats(&after)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20), "bytes allocated")
		e.client.leave()
		a.unharmed()
	})
}

func TestRawFramesOfMessagePackThatAreTooLong(t *testing.T) {
	inArena(t, func(t *testing.T, a *arena) {
		farewell, err := protocol.MessagePack().Append(nil, protocol.Close{Error: "Connection closed with an error.", AllowReconnect: true})
		require.NoError(t, err)
		for prefix, want := range map[string]string{
			"\x80\x80\x80\x80\x08":                                              "", // 2 GiB
			"\xff\xff\xff\xff\xff":                                              "",
			"\x80\x80\x80\x80\x80\x01":                                          "",
			string(appendVarint(nil, math.MaxInt32)):                            "The maximum message size of 32768B was exceeded.",
			string(appendVarint(nil, uint64(a.options.MaxMessageSize-3+1))):     "The maximum message size of 32768B was exceeded.",
			string(appendVarint(nil, uint64(a.options.MaxMessageSize-3+1)))[:1]: "Connection terminated while reading a message.",
		} {
			r := a.enterHub(protocol.MessagePack()).send(rawFrame{opcode: opBinary, payload: prefix}.bytes(), bye)
			data, code := r.closed()
			assert.Equal(t, 1000, code, "%x", prefix)
			if len(prefix) > 1 {
				assert.Equal(t, "{}\x1e"+string(farewell), data, "%x", prefix)
			}
			assert.ErrorContains(t, <-a.hub.disconnected, want, "%x", prefix)
		}
		a.unharmed()
	})
}

// The limit is of whole messages, separator and length included, however they come.
func TestRawMessagesHaveALimit(t *testing.T) {
	everywhere(t, func(t *testing.T, a *arena) {
		limit := a.options.MaxMessageSize
		for _, p := range []protocol.Protocol{protocol.JSON(), protocol.MessagePack()} {
			frame := func(size int) string {
				for n := size; ; n-- {
					b, err := p.Append(nil, protocol.Invocation{InvocationID: "1", Target: "Nothing", Arguments: []any{strings.Repeat("x", n)}})
					require.NoError(t, err)
					if len(b) == size {
						return string(b)
					}
				}
			}
			refused, err := p.Append(nil, protocol.Completion{
				InvocationID: "1", Failed: true,
				Error: "Failed to invoke 'Nothing' due to an error on the server.",
			})
			require.NoError(t, err)
			for _, cut := range []int{1, limit / 2, limit - 1} {
				r := a.enterHub(p)
				longest := frame(limit)
				r.send(textFrame(longest[:cut]).bytes()).send(textFrame(longest[cut:]+longest).bytes(), textFrame(longest).bytes())
				want := "{}\x1e" + strings.Repeat(string(refused), 3)
				r.said(want).send(textFrame(frame(limit + 1)[:cut]).bytes()).send(textFrame(frame(limit + 1)[cut:]).bytes())
				r.send(bye)
				data, code := r.closed()
				assert.Equal(t, 1000, code)
				assert.Contains(t, data, "Connection closed with an error.")
				assert.ErrorContains(t, <-a.hub.disconnected, "The maximum message size of 32768B was exceeded.")
			}
		}
		a.unharmed()
	})
}

// appendVarint appends the length prefix of MessagePack messages.
func appendVarint(b []byte, n uint64) []byte {
	for ; n > 0x7f; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}
