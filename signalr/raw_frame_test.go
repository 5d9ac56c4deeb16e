package signalr

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// The opcodes of RFC 6455, section 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// A rawFrame is a WebSocket frame (RFC 6455, section 5.2), legal or not.
type rawFrame struct {
	opcode   byte
	payload  string
	more     bool // FIN is not set
	rsv      byte // the reserved bits, in their place
	unmasked bool
	length   uint64 // announced, in 64 bits; 0: that of the payload
}

func textFrame(payload string) rawFrame { return rawFrame{opcode: opText, payload: payload} }

func (f rawFrame) bytes() []byte {
	first := f.opcode | f.rsv
	if !f.more {
		first |= 0x80
	}
	var masked byte = 0x80
	if f.unmasked {
		masked = 0
	}
	b := []byte{first}
	switch n := len(f.payload); {
	case f.length != 0:
		b = binary.BigEndian.AppendUint64(append(b, masked|127), f.length)
	case n > 0xFFFF:
		b = binary.BigEndian.AppendUint64(append(b, masked|127), uint64(n))
	case n > 125:
		b = binary.BigEndian.AppendUint16(append(b, masked|126), uint16(n))
	default:
		b = append(b, masked|byte(n))
	}
	if f.unmasked {
		return append(b, f.payload...)
	}
	mask := [4]byte{0x1E, 0xFF, 0x00, 0x7B}
	b = append(b, mask[:]...)
	for i := range len(f.payload) {
		b = append(b, f.payload[i]^mask[i%4])
	}
	return b
}

// readFrame reads the frame at the start of b, and returns what follows it. Length
// is 0 if it is not whole.
func readFrame(b []byte) (f rawFrame, length int) {
	if len(b) < 2 {
		return f, 0
	}
	f = rawFrame{opcode: b[0] & 0x0F, more: b[0]&0x80 == 0, rsv: b[0] & 0x70, unmasked: b[1]&0x80 == 0}
	n, head := int(b[1]&0x7F), 2
	switch {
	case n == 126 && len(b) >= 4:
		n, head = int(binary.BigEndian.Uint16(b[2:])), 4
	case n == 127 && len(b) >= 10:
		n, head = int(binary.BigEndian.Uint64(b[2:])), 10
	case n >= 126:
		return f, 0
	}
	if len(b) < head+n {
		return f, 0
	}
	f.payload = string(b[head : head+n])
	return f, head + n
}

// messages puts together what is in the data frames that a server has sent, and
// returns the frames from the close frame on, if there is one.
func messages(t testing.TB, b []byte) (data string, rest []rawFrame) {
	t.Helper()
	for {
		f, n := readFrame(b)
		if n == 0 {
			return data, rest
		}
		b = b[n:]
		require.True(t, f.unmasked && f.rsv == 0, "a frame that no server may send: %v", f)
		switch {
		case f.opcode == opClose || rest != nil:
			rest = append(rest, f)
		case f.opcode != opPong:
			data += f.payload
		}
	}
}

// pongs counts the pongs that a server has sent.
func pongs(b []byte) (count int) {
	for {
		f, n := readFrame(b)
		if n == 0 {
			return count
		}
		if b = b[n:]; f.opcode == opPong {
			count++
		}
	}
}
