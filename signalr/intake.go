package signalr

import (
	"bytes"
	"slices"
	"sync"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// intakeSize is the size in bytes of a fresh receive buffer.
const intakeSize = 4 << 10

// textSeparator ends every frame of a text protocol, and the handshake.
const textSeparator = 0x1E

// intakeBuffers are shared by all connections: one that waits for a message has
// none.
var intakeBuffers = sync.Pool{New: func() any { return new([intakeSize]byte) }}

// An intake collects what a client sends until there are whole frames in it. It
// is used by one goroutine.
type intake struct {
	buf    []byte
	pooled *[intakeSize]byte // what buf began as; nil: buf is nil or began otherwise
	// searched is how much of buf is known to hold no separator, so that a
	// message that comes byte by byte is not searched from its start each time.
	searched int
}

// receive waits for more from t. It returns errClientGone at the end.
func (in *intake) receive(t transport) (err error) {
	fresh := in.buf == nil
	in.buf, err = t.receive(in.buf)
	if fresh && cap(in.buf) == intakeSize {
		in.pooled = (*[intakeSize]byte)(in.buf[:intakeSize])
	}
	if len(in.buf) == 0 {
		in.drop()
	}
	return err
}

// room returns buf with room for more. If it is nil it becomes one that is
// shared; if it is full it is doubled.
func room(buf []byte) []byte {
	if buf == nil {
		return intakeBuffers.Get().(*[intakeSize]byte)[:0]
	}
	if len(buf) == cap(buf) {
		buf = slices.Grow(buf, max(len(buf), intakeSize))
	}
	return buf
}

// next returns the body of the next whole frame, which stays valid, or nil if
// there is none yet.
func (in *intake) next(p protocol.Protocol, limit int) ([]byte, error) {
	if !p.Binary() && !in.separated(limit) {
		return nil, nil
	}
	body, rest, err := p.Split(in.buf, limit)
	if err != nil || body == nil {
		return nil, err
	}
	body = bytes.Clone(body) // the invocation outlives the buffer's next use
	in.advance(rest)
	return body, nil
}

// separated reports whether it is worth looking for a frame that a separator
// ends: there is one, or there is too much without.
func (in *intake) separated(limit int) bool {
	if bytes.IndexByte(in.buf[in.searched:], textSeparator) >= 0 {
		return true
	}
	in.searched = len(in.buf)
	return limit > 0 && in.searched >= limit
}

// advance drops what comes before rest, the end of buf.
func (in *intake) advance(rest []byte) {
	in.searched = 0
	if len(rest) > 0 {
		in.buf = rest
		return
	}
	in.drop()
}

// compact moves what is left to the start of the buffer.
func (in *intake) compact() {
	if in.pooled != nil && len(in.buf) > 0 && cap(in.buf) < intakeSize {
		in.buf = in.pooled[:copy(in.pooled[:], in.buf)]
	}
}

// drop forgets what is there, and gives the buffer back.
func (in *intake) drop() {
	if in.pooled != nil {
		intakeBuffers.Put(in.pooled)
	}
	*in = intake{}
}
