package signalr

import (
	"errors"
	"fmt"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// errMissingProtocol is .NET's text for a message from a server that does not
// speak the protocol of one of our connections.
//
//lint:ignore ST1005 clients see it as .NET writes it
var errMissingProtocol = errors.New("This message was received from another server that did not have the requested protocol available.")

// A message is one Invocation on its way to any number of connections. It is
// encoded at most once for each protocol, and the bytes are shared by all. It is
// used by one goroutine.
type message struct {
	protocols  []protocol.Protocol
	frames     [][]byte            // by protocol; nil where not encoded
	invocation protocol.Invocation // what to encode
	received   bool                // it came as frames: there is nothing to encode
	limit      int                 // of each frame
}

// newMessage makes a message and encodes it for those protocols that are wanted.
func newMessage(s *Server, wanted []bool, method string, args []any) (*message, error) {
	protocols := s.protocols
	if args == nil {
		args = []any{} // goes as an empty array, not as null
	}
	m := &message{
		protocols:  protocols,
		frames:     make([][]byte, len(protocols)),
		invocation: protocol.Invocation{Target: method, Arguments: args},
		limit:      s.options.MaxSendSize,
	}
	for i := range protocols {
		if wanted[i] {
			if _, err := m.frame(i); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
}

// receivedMessage makes a message of what another server encoded.
func receivedMessage(protocols []protocol.Protocol, e *protocol.Envelope) *message {
	m := &message{protocols: protocols, frames: make([][]byte, len(protocols)), received: true}
	for i, p := range protocols {
		m.frames[i] = e.Frame(p.Name())
	}
	return m
}

// frame returns the message framed for a protocol.
func (m *message) frame(i int) ([]byte, error) {
	if m.frames[i] != nil {
		return m.frames[i], nil
	}
	if m.received {
		return nil, errMissingProtocol
	}
	var frame []byte
	err := attempt("an argument", func() (err error) { // types may encode themselves
		frame, err = m.protocols[i].Append(nil, m.invocation)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("encode %q for %s: %w", m.invocation.Target, m.protocols[i].Name(), readError(err))
	}
	if len(frame) > m.limit {
		return nil, fmt.Errorf("%w: %q takes %d bytes in %s, and Options.MaxSendSize is %d", ErrTooLarge, m.invocation.Target, len(frame), m.protocols[i].Name(), m.limit)
	}
	m.frames[i] = frame
	return frame, nil
}

// envelope returns the message as it goes to other servers.
func (m *message) envelope(except []string) (protocol.Envelope, error) {
	e := protocol.Envelope{Excluded: except}
	for i, p := range m.protocols {
		frame, err := m.frame(i)
		if err != nil {
			return protocol.Envelope{}, err
		}
		e.Encodings = append(e.Encodings, protocol.Encoding{Protocol: p.Name(), Frame: frame})
	}
	return e, nil
}
