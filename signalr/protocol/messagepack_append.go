package protocol

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/tinylib/msgp/msgp"
)

// The kinds of Completion (Hub Protocol, Completion Message Encoding).
const (
	kindError  = 1
	kindVoid   = 2
	kindResult = 3
)

// Append writes the arrays as a .NET server writes them.
func (s messagePack) Append(dst []byte, m Message) ([]byte, error) {
	// Most messages are shorter than 128 bytes: leave room for a prefix of one
	// byte, and move the body if it turns out to need more.
	start := len(dst)
	out, err := s.appendMessagePack(append(begin(dst), 0), m)
	if err != nil {
		return dst, err
	}
	length := len(out) - start - 1
	if uint64(length) > math.MaxInt32 {
		return dst, errOver2GB
	}
	if length < 0x80 {
		out[start] = byte(length)
		return out, nil
	}
	var prefix [prefixSize]byte
	n := putPrefix(&prefix, length)
	return slices.Replace(out, start, start+1, prefix[:n]...), nil
}

// putPrefix writes the length prefix and returns how long it is.
func putPrefix(p *[prefixSize]byte, length int) int {
	n := 0
	for ; length >= 0x80; length >>= 7 {
		p[n] = byte(length) | 0x80
		n++
	}
	p[n] = byte(length)
	return n + 1
}

func (s *shape) appendMessagePack(dst []byte, m Message) ([]byte, error) {
	switch m := m.(type) {
	case Invocation:
		return s.appendMessagePackInvocation(dst, m)
	case StreamItem:
		dst = appendMessagePackHead(dst, 4, typeStreamItem, m.Headers)
		return s.appendMessagePackValue(msgp.AppendString(dst, m.InvocationID), m.Item)
	case Completion:
		return s.appendMessagePackCompletion(dst, m)
	case CancelInvocation:
		dst = appendMessagePackHead(dst, 3, typeCancelInvocation, m.Headers)
		return msgp.AppendString(dst, m.InvocationID), nil
	case Ping:
		return append(msgp.AppendArrayHeader(dst, 1), typePing), nil
	case Close:
		dst = append(msgp.AppendArrayHeader(dst, 3), typeClose)
		return msgp.AppendBool(appendStringOrNil(dst, m.Error), m.AllowReconnect), nil
	case Ack:
		return appendInt(append(msgp.AppendArrayHeader(dst, 2), typeAck), m.SequenceID), nil
	case Sequence:
		return appendInt(append(msgp.AppendArrayHeader(dst, 2), typeSequence), m.SequenceID), nil
	}
	return dst, fmt.Errorf("append message: %T is none; pass messages of package protocol by value", m)
}

func (s *shape) appendMessagePackInvocation(dst []byte, m Invocation) ([]byte, error) {
	kind := byte(typeInvocation)
	if m.Stream {
		kind = typeStreamInvocation
	}
	dst = appendMessagePackHead(dst, 6, kind, m.Headers)
	dst = appendStringOrNil(dst, m.InvocationID)
	dst = msgp.AppendString(dst, m.Target)
	dst = msgp.AppendArrayHeader(dst, uint32(len(m.Arguments)))
	for i, a := range m.Arguments {
		var err error
		if dst, err = s.appendMessagePackValue(dst, a); err != nil {
			return dst, fmt.Errorf("argument %d of %q: %w", i+1, m.Target, err)
		}
	}
	dst = msgp.AppendArrayHeader(dst, uint32(len(m.StreamIDs)))
	for _, id := range m.StreamIDs {
		dst = msgp.AppendString(dst, id)
	}
	return dst, nil
}

func (s *shape) appendMessagePackCompletion(dst []byte, m Completion) ([]byte, error) {
	size, kind := uint32(5), int64(kindResult)
	switch {
	case m.Failed:
		kind = kindError
	case !m.HasResult:
		size, kind = 4, kindVoid
	}
	dst = appendMessagePackHead(dst, size, typeCompletion, m.Headers)
	dst = appendInt(msgp.AppendString(dst, m.InvocationID), kind)
	switch kind {
	case kindError:
		return msgp.AppendString(dst, m.Error), nil
	case kindResult:
		return s.appendMessagePackValue(dst, m.Result)
	}
	return dst, nil
}

// appendMessagePackHead appends the start of an array of size elements: the
// message type, which is a positive fixint, and the headers, sorted.
func appendMessagePackHead(dst []byte, size uint32, kind byte, headers map[string]string) []byte {
	dst = append(msgp.AppendArrayHeader(dst, size), kind)
	dst = msgp.AppendMapHeader(dst, uint32(len(headers)))
	if len(headers) == 0 {
		return dst
	}
	for _, k := range slices.Sorted(maps.Keys(headers)) {
		dst = msgp.AppendString(msgp.AppendString(dst, k), headers[k])
	}
	return dst
}

func appendStringOrNil(dst []byte, s string) []byte {
	if s == "" {
		return msgp.AppendNil(dst)
	}
	return msgp.AppendString(dst, s)
}

// appendInt appends n in the smallest encoding, which for positive numbers is an
// unsigned one.
func appendInt(dst []byte, n int64) []byte {
	if n >= 0 {
		return msgp.AppendUint64(dst, uint64(n))
	}
	return msgp.AppendInt64(dst, n)
}
