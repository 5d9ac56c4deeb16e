package protocol

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Append writes the properties in the order in which a .NET server writes them.
// Unlike that server it writes the empty error of a failed Completion, so that
// a failure does not read as a success.
func (s jsonProtocol) Append(dst []byte, m Message) ([]byte, error) {
	out, err := s.appendJSONMessage(begin(dst), m)
	if err != nil {
		return dst, err
	}
	return append(out, '}', separator), nil
}

// appendJSONMessage appends m without its closing brace.
func (s *shape) appendJSONMessage(dst []byte, m Message) ([]byte, error) {
	switch m := m.(type) {
	case Invocation:
		return s.appendJSONInvocation(dst, m)
	case StreamItem:
		dst = appendJSONHead(dst, typeStreamItem, m.Headers, m.InvocationID)
		return s.appendJSONValue(append(dst, `,"item":`...), m.Item)
	case Completion:
		return s.appendJSONCompletion(dst, m)
	case CancelInvocation:
		return appendJSONHead(dst, typeCancelInvocation, m.Headers, m.InvocationID), nil
	case Ping:
		return appendJSONHead(dst, typePing, nil, ""), nil
	case Close:
		dst = appendJSONHead(dst, typeClose, nil, "")
		if m.Error != "" {
			dst = appendJSONString(append(dst, `,"error":`...), m.Error)
		}
		if m.AllowReconnect {
			dst = append(dst, `,"allowReconnect":true`...)
		}
		return dst, nil
	case Ack:
		return appendJSONSequence(dst, typeAck, m.SequenceID), nil
	case Sequence:
		return appendJSONSequence(dst, typeSequence, m.SequenceID), nil
	}
	return dst, fmt.Errorf("append message: %T is none; pass messages of package protocol by value", m)
}

func (s *shape) appendJSONInvocation(dst []byte, m Invocation) ([]byte, error) {
	kind := typeInvocation
	if m.Stream {
		kind = typeStreamInvocation
	}
	dst = appendJSONHead(dst, kind, m.Headers, m.InvocationID)
	dst = appendJSONString(append(dst, `,"target":`...), m.Target)
	dst = append(dst, `,"arguments":[`...)
	for i, a := range m.Arguments {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = s.appendJSONValue(dst, a); err != nil {
			return dst, fmt.Errorf("argument %d of %q: %w", i+1, m.Target, err)
		}
	}
	dst = append(dst, ']')
	if len(m.StreamIDs) == 0 {
		return dst, nil
	}
	dst = append(dst, `,"streamIds":[`...)
	for i, id := range m.StreamIDs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONString(dst, id)
	}
	return append(dst, ']'), nil
}

func (s *shape) appendJSONCompletion(dst []byte, m Completion) ([]byte, error) {
	dst = appendJSONHead(dst, typeCompletion, m.Headers, m.InvocationID)
	switch {
	case m.Failed:
		return appendJSONString(append(dst, `,"error":`...), m.Error), nil
	case m.HasResult:
		return s.appendJSONValue(append(dst, `,"result":`...), m.Result)
	}
	return dst, nil
}

func appendJSONSequence(dst []byte, kind int, n int64) []byte {
	dst = appendJSONHead(dst, kind, nil, "")
	return strconv.AppendInt(append(dst, `,"sequenceId":`...), n, 10)
}

// appendJSONHead appends the opening brace and what messages have in common.
func appendJSONHead(dst []byte, kind int, headers map[string]string, id string) []byte {
	dst = strconv.AppendInt(append(dst, `{"type":`...), int64(kind), 10)
	if len(headers) > 0 {
		dst = append(dst, `,"headers":{`...)
		for i, k := range slices.Sorted(maps.Keys(headers)) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSONString(append(appendJSONString(dst, k), ':'), headers[k])
		}
		dst = append(dst, '}')
	}
	if id != "" {
		dst = appendJSONString(append(dst, `,"invocationId":`...), id)
	}
	return dst
}
