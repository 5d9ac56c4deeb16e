package protocol

import "bytes"

// IsTracked reports whether stateful reconnect counts m: it does Invocation (of
// either type), StreamItem, Completion and CancelInvocation.
func IsTracked(m Message) bool {
	switch m.(type) {
	case Invocation, StreamItem, Completion, CancelInvocation:
		return true
	}
	return false
}

// IsTrackedFrame is IsTracked for a whole frame of p. What is no frame of p, such
// as the answer to a handshake, is not tracked. A frame that begins with its type,
// as all servers write them, is not parsed.
func IsTrackedFrame(p Protocol, frame []byte) bool {
	if t, ok := leadingType(p, frame); ok {
		return typeInvocation <= t && t <= typeCancelInvocation
	}
	body, _, err := p.Split(frame, 0)
	if err != nil || body == nil {
		return false
	}
	m, err := p.Parse(body)
	return err == nil && IsTracked(m)
}

// leadingType returns the type of the message in frame if it is the first thing
// there.
func leadingType(p Protocol, frame []byte) (t byte, ok bool) {
	if !p.Binary() {
		rest, ok := bytes.CutPrefix(frame, []byte(`{"type":`))
		if !ok || len(rest) < 2 || rest[0] < '0' || rest[0] > '9' || rest[1] != ',' && rest[1] != '}' {
			return 0, false
		}
		return rest[0] - '0', true
	}
	for i, b := range frame {
		if b&0x80 != 0 { // more of the length follows
			continue
		}
		const fixedArray, positiveInt = 0x90, 0x80
		if rest := frame[i+1:]; len(rest) >= 2 && rest[0]&0xF0 == fixedArray && rest[1] < positiveInt {
			return rest[1], true
		}
		break
	}
	return 0, false
}
