package protocol

import "fmt"

// Parse accepts elements that may be missing at the end of a message, as the
// JavaScript client leaves them out, and ignores what follows the known ones.
func (messagePack) Parse(body []byte) (Message, error) {
	r := &reader{buf: body}
	size := r.length("elementCount")
	kind := r.int32("messageType")
	if r.err != nil {
		return nil, r.err
	}
	m := r.message(kind, size)
	if r.err != nil {
		return nil, r.err
	}
	return m, nil
}

func (r *reader) message(kind int32, size uint32) Message {
	switch kind {
	case typeInvocation:
		return r.invocation(false, size)
	case typeStreamInvocation:
		return r.invocation(true, size)
	case typeStreamItem:
		return StreamItem{
			Headers:      r.headers(),
			InvocationID: r.required("invocation ID", "StreamItem"),
			Item:         r.raw("item", maxDepth-1),
		}
	case typeCompletion:
		return r.completion()
	case typeCancelInvocation:
		return CancelInvocation{Headers: r.headers(), InvocationID: r.required("invocation ID", "CancelInvocation")}
	case typePing:
		return Ping{}
	case typeClose:
		m := Close{Error: r.stringOrNil("error")}
		if size > 2 {
			m.AllowReconnect = r.bool("allowReconnect")
		}
		return m
	case typeAck:
		return Ack{SequenceID: r.int64("sequenceId")}
	case typeSequence:
		return Sequence{SequenceID: r.int64("sequenceId")}
	}
	return nil // unknown: to be ignored
}

func (r *reader) invocation(stream bool, size uint32) Message {
	m := Invocation{Headers: r.headers(), Stream: stream}
	if stream {
		m.InvocationID = r.required("invocation ID", "StreamInvocation")
	} else {
		m.InvocationID = r.stringOrNil("invocationId")
	}
	if m.Target = r.string("target"); m.Target == "" {
		r.fail(nil, "Null or empty target for Invocation message.")
	}
	for range r.length("arguments") {
		m.Arguments = append(m.Arguments, r.raw("arguments", maxDepth-2))
		if r.err != nil {
			return nil
		}
	}
	if size <= 5 {
		return m
	}
	for range r.length("streamIds") {
		m.StreamIDs = append(m.StreamIDs, r.string("streamIds"))
		if r.err != nil {
			return nil
		}
	}
	return m
}

func (r *reader) completion() Message {
	m := Completion{Headers: r.headers(), InvocationID: r.required("invocation ID", "Completion")}
	switch kind := r.int32("resultKind"); kind {
	case kindError:
		m.Failed, m.Error = true, r.string("error")
	case kindVoid:
	case kindResult:
		m.HasResult, m.Result = true, r.raw("argument", maxDepth-1)
	default:
		r.fail(fmt.Errorf("kind %d", kind), "Invalid invocation result kind.")
	}
	return m
}

// required reads a string that is neither empty nor nil.
func (r *reader) required(what, message string) string {
	s := r.stringOrNil("invocationId")
	if s == "" {
		r.fail(nil, "Null or empty %s for %s message.", what, message)
	}
	return s
}

func (r *reader) headers() map[string]string {
	var h map[string]string
	for i := range r.mapLength("headers") {
		k := r.string(fmt.Sprintf("headers[%d].Key", i))
		v := r.string(fmt.Sprintf("headers[%d].Value", i))
		if r.err != nil {
			return nil
		}
		if h == nil {
			h = make(map[string]string)
		}
		h[k] = v
	}
	return h
}
