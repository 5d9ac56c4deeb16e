package protocol_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// fuzzParse holds a protocol to this: what it reads, it writes so that it reads
// the same again, and writes the same again.
func fuzzParse(t *testing.T, p protocol.Protocol, body []byte) {
	m, err := p.Parse(body)
	if err != nil || m == nil {
		require.Nil(t, m)
		return
	}
	frame, err := p.Append(nil, m)
	require.NoError(t, err)
	again, err := readOne(t, p, frame)
	require.NoError(t, err)
	require.Equal(t, m, again)
	twice, err := p.Append(nil, again)
	require.NoError(t, err)
	require.Equal(t, frame, twice)
	if inv, ok := m.(protocol.Invocation); ok {
		for _, a := range inv.Arguments {
			fuzzBind(t, p, a.(protocol.Raw))
		}
	}
}

// fuzzBind holds a protocol to this: what it decodes without knowing its type,
// it encodes so that it decodes the same again.
func fuzzBind(t *testing.T, p protocol.Protocol, raw protocol.Raw) {
	var s outer
	_ = p.Bind(raw, &s) // any outcome but a panic
	fuzzType[time.Time](t, p, raw)
	fuzzType[protocol.DateOnly](t, p, raw)
	fuzzType[protocol.TimeOnly](t, p, raw)
	fuzzType[protocol.Char](t, p, raw)
	fuzzType[keyedPoint](t, p, raw)
	fuzzType[level](t, p, raw)
	var v, again any
	if p.Bind(raw, &v) != nil {
		return
	}
	frame, err := p.Append(nil, protocol.StreamItem{InvocationID: "1", Item: v})
	if err != nil {
		return // such as an extension that no type is known for
	}
	m, err := readOne(t, p, frame)
	require.NoError(t, err)
	encoded := m.(protocol.StreamItem).Item.(protocol.Raw)
	require.NoError(t, p.Bind(encoded, &again))
	frameAgain, err := p.Append(nil, protocol.StreamItem{InvocationID: "1", Item: again})
	require.NoError(t, err)
	require.Equal(t, frame, frameAgain)
}

// fuzzType checks that a decoded value is encoded so that it decodes to the same value.
func fuzzType[T any](t *testing.T, p protocol.Protocol, raw protocol.Raw) {
	var v, again T
	if p.Bind(raw, &v) != nil {
		return
	}
	frame, err := p.Append(nil, protocol.StreamItem{InvocationID: "1", Item: v})
	if err != nil {
		return // such as a year that JSON has no text for
	}
	m, err := readOne(t, p, frame)
	require.NoError(t, err)
	require.NoError(t, p.Bind(m.(protocol.StreamItem).Item.(protocol.Raw), &again))
	twice, err := p.Append(nil, protocol.StreamItem{InvocationID: "1", Item: again})
	require.NoError(t, err)
	require.Equal(t, frame, twice)
}

// FuzzTimeSpan checks that a TimeSpan that is read is written so that it reads the same.
func FuzzTimeSpan(f *testing.F) {
	for _, text := range []string{"00:00:00", "-1.02:03:04.0050000", "10675199.02:48:05.4775807", "-10675199.02:48:05.4775808", "99999999.23:59:59"} {
		f.Add(text)
	}
	p := protocol.Values{Converters: protocol.TimeSpans()}.JSON()
	f.Fuzz(func(t *testing.T, text string) {
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		var d, again time.Duration
		if p.Bind(quoted, &d) != nil {
			return
		}
		require.NoError(t, p.Bind(encoded(t, p, d), &again))
		require.Equal(t, d, again)
	})
}

func FuzzJSON(f *testing.F) {
	for _, c := range jsonMessages {
		f.Add([]byte(c.text))
	}
	f.Add([]byte(`{"type":1,"target":"x","arguments":["2024-02-29","03:04:05.0060007","x",7,"2024-02-29T03:04:05+01:00",{"id":1,"name":"x"}]}`))
	f.Add([]byte(` {"target" : "a\u00e9\\", "x":{"y":["]"]}, "arguments":[{"USERID":1e5,"quoted":"5"}, [ ]] ,"type":1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if bytes.IndexByte(body, 0x1e) >= 0 {
			_, err := protocol.JSON().Parse(body)
			require.Error(t, err, "a separator cannot be inside")
			return
		}
		fuzzParse(t, protocol.JSON(), body)
	})
}

func FuzzMessagePack(f *testing.F) {
	for _, c := range messagePackVectors {
		f.Add(fromHex(f, c.body))
	}
	for _, value := range []string{wire, "94 07 A1 78 C0 94 08 A0 C0 C0", "82 01 A1 61 A1 78 CA 3D CC CC CD", "CE 00 0B 46 80", "CF 00 00 00 19 B7 56 2A E7"} {
		f.Add(append(fromHex(f, "96 01 80 C0 A1 61 91"), append(fromHex(f, value), 0x90)...))
	}
	f.Add(append(fromHex(f, "96 01 80 C0 A1 61 91"), append(packed(f, outer{Data: []byte{1}}), 0x90)...))
	f.Fuzz(func(t *testing.T, body []byte) { fuzzParse(t, protocol.MessagePack(), body) })
}

// FuzzSplitLosesNothing holds both protocols to this: frames and rest put
// together are the input, and it does not matter in which pieces it came.
func FuzzSplitLosesNothing(f *testing.F) {
	f.Add([]byte("{\"type\":6}\x1e{}\x1e{"), 5, 0)
	f.Add([]byte("\x02\x91\x06\x02\x91\x06\x81\x00a\xff"), 1, 20)
	f.Fuzz(func(t *testing.T, stream []byte, piece, limit int) {
		limit = max(limit, 0)
		for _, p := range []protocol.Protocol{protocol.JSON(), protocol.MessagePack()} {
			whole, rest, err := splitAll(t, p, stream, limit)
			var buf []byte
			var pieces [][]byte
			var pieceErr error
			for in := stream; len(in) > 0 && pieceErr == nil; {
				n := min(max(piece, 1), len(in))
				buf, in = append(buf, in[:n]...), in[n:]
				var more [][]byte
				more, buf, pieceErr = splitAll(t, p, buf, limit)
				pieces = append(pieces, more...)
			}
			require.Equal(t, whole, pieces)
			require.Equal(t, err, pieceErr)
			if err == nil {
				require.Equal(t, len(rest), len(buf))
			}
		}
	})
}

// splitAll cuts all whole frames off buf, and returns copies.
func splitAll(t *testing.T, p protocol.Protocol, buf []byte, limit int) (bodies [][]byte, rest []byte, err error) {
	for {
		body, rest, err := p.Split(buf, limit)
		if err != nil || body == nil {
			require.Equal(t, buf, rest)
			return bodies, bytes.Clone(rest), err
		}
		size := len(buf) - len(rest)
		require.True(t, bytes.HasSuffix(buf, rest))
		require.Greater(t, size, len(body))
		require.Contains(t, string(buf[:size]), string(body))
		require.True(t, limit == 0 || size <= limit)
		bodies, buf = append(bodies, bytes.Clone(body)), rest
	}
}

// FuzzHandshake holds requests to this: one is read as soon as it is whole and not
// before, whatever follows it, and written again it reads the same. An answer is
// one frame, and gives its text back.
func FuzzHandshake(f *testing.F) {
	f.Add([]byte("{\"protocol\":\"json\",\"version\":1}\x1e{\"type\":6}\x1e"), 100)
	f.Add([]byte(" {\"version\" :-2147483648, \"x\":[{}],\"protocol\":\"\\ud83d\\ude00\"}\x1e\x02\x91\x06"), 0)
	f.Add([]byte("{\"protocol\":\"messagepack\",\"version\":2}"), 10)
	f.Fuzz(func(t *testing.T, buf []byte, limit int) {
		answersComeBack(t, string(buf))
		h, rest, ok, err := protocol.ParseHandshake(buf, limit)
		require.True(t, bytes.HasSuffix(buf, rest))
		if !ok {
			require.Equal(t, buf, rest)
			require.Empty(t, h)
			return
		}
		require.NoError(t, err)
		require.NotEmpty(t, h.Protocol)
		size := len(buf) - len(rest)
		require.True(t, limit <= 0 || size <= limit)
		require.Equal(t, size-1, bytes.IndexByte(buf, 0x1e))
		_, _, early, err := protocol.ParseHandshake(buf[:size-1], limit)
		require.False(t, early)
		require.NoError(t, err)
		name, err := json.Marshal(h.Protocol)
		require.NoError(t, err)
		again, rest, ok, err := protocol.ParseHandshake(fmt.Appendf(nil, `{"version":%d,"protocol":%s}%c`, h.Version, name, 0x1e), 0)
		require.NoError(t, err)
		require.True(t, ok)
		require.Empty(t, rest)
		require.Equal(t, h, again)
	})
}

func answersComeBack(t *testing.T, text string) {
	frame := protocol.AppendHandshakeResponse(nil, text)
	require.Equal(t, len(frame)-1, bytes.IndexByte(frame, 0x1e))
	var answer struct{ Error string }
	require.NoError(t, json.Unmarshal(frame[:len(frame)-1], &answer))
	require.Equal(t, string([]rune(text)), answer.Error) // each byte that is no UTF-8 is U+FFFD
}

// FuzzEnvelope holds every payload to this: what is read is written so that it
// reads the same again.
func FuzzEnvelope(f *testing.F) {
	for _, c := range envelopeVectors {
		f.Add(fromHex(f, c.bytes))
	}
	f.Add(fromHex(f, "95 2A A1 53 01 A1 47 A1 43"))
	f.Add(fromHex(f, "91 CD 01 80"))
	f.Add(fromHex(f, "92 A2 70 31 C4 01 2A"))
	f.Add(fromHex(f, "94 2A A1 53 01 A1 43"))
	f.Add(fromHex(f, "93 CD 01 2C 03 02"))
	f.Fuzz(func(t *testing.T, b []byte) {
		roundTrip(t, b, protocol.ParseGroupCommand, protocol.AppendGroupCommand)
		roundTrip(t, b, protocol.ParseAck, protocol.AppendAck)
		roundTrip(t, b, protocol.ParseReturn, protocol.AppendReturn)
		roundTrip(t, b, protocol.ParseControlCommand, protocol.AppendControlCommand)
		roundTrip(t, b, protocol.ParseControlReply, protocol.AppendControlReply)
		roundTrip(t, b, func(b []byte) (protocol.Envelope, error) {
			e, err := protocol.ParseEnvelope(b)
			if e.InvocationID == "" {
				e.ReturnChannel = "" // means nothing then, and is not written
			}
			return e, err
		}, protocol.AppendEnvelope)
	})
}

func roundTrip[T any](t *testing.T, b []byte, parse func([]byte) (T, error), appendTo func([]byte, T) []byte) {
	v, err := parse(b)
	if err != nil {
		require.Empty(t, v)
		return
	}
	again, err := parse(appendTo(nil, v))
	require.NoError(t, err)
	require.Equal(t, v, again)
}
