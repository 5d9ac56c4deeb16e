package protocol

import "github.com/tinylib/msgp/msgp"

// An Envelope carries one Invocation to the connections of another server, in
// every hub protocol that the servers speak.
type Envelope struct {
	// Excluded are the IDs of connections that do not get it.
	Excluded  []string
	Encodings []Encoding
	// InvocationID and ReturnChannel ask the client for a result: its
	// Completion is to be published to ReturnChannel. Without InvocationID no
	// result is wanted.
	InvocationID  string
	ReturnChannel string
}

// An Encoding is a framed message as it goes to clients that speak Protocol.
type Encoding struct {
	Protocol string
	Frame    []byte
}

// Frame returns the message framed for the named hub protocol. It is nil if the
// sender did not have that protocol.
func (e *Envelope) Frame(protocol string) []byte {
	for _, enc := range e.Encodings {
		if enc.Protocol == protocol {
			return enc.Frame
		}
	}
	return nil
}

// AppendEnvelope appends e as MessagePack, as ASP.NET Core's Redis backplane
// writes an invocation.
func AppendEnvelope(dst []byte, e Envelope) []byte {
	size := uint32(2)
	if e.InvocationID != "" {
		size = 4
	}
	dst = msgp.AppendArrayHeader(dst, size)
	dst = msgp.AppendArrayHeader(dst, uint32(len(e.Excluded)))
	for _, id := range e.Excluded {
		dst = msgp.AppendString(dst, id)
	}
	dst = msgp.AppendMapHeader(dst, uint32(len(e.Encodings)))
	for _, enc := range e.Encodings {
		dst = msgp.AppendBytes(msgp.AppendString(dst, enc.Protocol), enc.Frame)
	}
	if size == 4 {
		dst = msgp.AppendString(msgp.AppendString(dst, e.InvocationID), e.ReturnChannel)
	}
	return dst
}

// ParseEnvelope reads what AppendEnvelope writes. The frames are parts of b,
// which must not change while they are in use.
func ParseEnvelope(b []byte) (Envelope, error) {
	var e Envelope
	r := &reader{buf: b}
	size := r.items("Invocation", 2)
	for range r.length("excludedIds") {
		e.Excluded = append(e.Excluded, r.string("excludedIds"))
		if r.err != nil {
			return Envelope{}, r.err
		}
	}
	for range r.mapLength("encodings") {
		e.Encodings = append(e.Encodings, Encoding{Protocol: r.string("protocol"), Frame: r.bytes("message")})
		if r.err != nil {
			return Envelope{}, r.err
		}
	}
	if size > 3 {
		e.InvocationID, e.ReturnChannel = r.stringOrNil("invocationId"), r.stringOrNil("returnChannel")
	}
	if r.err != nil {
		return Envelope{}, r.err
	}
	return e, nil
}

// items reads the array header of a payload, which must have at least so many
// elements. More are those of newer servers.
func (r *reader) items(kind string, least uint32) uint32 {
	n := r.length(kind)
	if n < least {
		r.fail(nil, "Insufficient items in %s array.", kind)
	}
	return n
}
