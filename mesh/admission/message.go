package admission

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Version is the version of the exchange.
const Version = 1

// MaxMessage bounds a message, in bytes without its length.
const MaxMessage = 1 << 10

// maxCache bounds a cache name, in bytes.
const maxCache = 255

// ErrProtocol means that the peer does not keep to the exchange.
var ErrProtocol = errors.New("admission: the peer does not keep to the exchange")

// A kind says what a message is.
type kind byte

const (
	kindHello   kind = 1 // of the initiator: version, whether anonymous, cache name
	kindScram   kind = 2 // a message of RFC 5802
	kindWelcome kind = 3 // of an anonymous responder to an anonymous initiator
	kindRefusal kind = 4 // version, reason, detail
)

// A message is one step of the exchange.
type message struct {
	kind kind
	text []byte
}

// appendMessage appends m as it is sent. The text must fit.
func appendMessage(b []byte, m message) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(1+len(m.text)))
	return append(append(b, byte(m.kind)), m.text...)
}

// readMessage reads one message, and no byte beyond it.
func readMessage(r io.Reader) (message, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return message{}, err
	}
	size := int(binary.BigEndian.Uint16(length[:]))
	if size == 0 || size > MaxMessage {
		return message{}, fmt.Errorf("%w: message of %d bytes, limit %d", ErrProtocol, size, MaxMessage)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return message{}, err
	}
	return message{kind(body[0]), body[1:]}, nil
}

// A hello opens the exchange.
type hello struct {
	version   byte
	anonymous bool // there are no credentials to prove
	cache     string
}

func (h hello) message() message {
	text := []byte{h.version, 0}
	if h.anonymous {
		text[1] = 1
	}
	return message{kindHello, append(text, h.cache...)}
}

// parseHello takes a hello apart. What follows the version is for that version to
// say, so of another version only the version is read.
func parseHello(text []byte) (hello, error) {
	if len(text) == 0 {
		return hello{}, fmt.Errorf("%w: empty hello", ErrProtocol)
	}
	h := hello{version: text[0]}
	if h.version != Version {
		return h, nil
	}
	if len(text) < 2 || text[1] > 1 || len(text) > 2+maxCache {
		return hello{}, fmt.Errorf("%w: malformed hello", ErrProtocol)
	}
	h.anonymous, h.cache = text[1] == 1, string(text[2:])
	return h, nil
}
