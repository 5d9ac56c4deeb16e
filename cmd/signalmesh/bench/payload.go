//go:build linux

package main

import (
	"encoding/binary"
	"time"
)

// headerSize is how many bytes of a payload are the harness': trial, sender, and
// when it was due.
const headerSize = 4 + 1 + 8

// now is the time that all processes of this machine share, in nanoseconds.
func now() int64 { return time.Now().UnixNano() }

// newPayload makes a payload of size bytes, which is at least headerSize. Each is new,
// since it belongs to the backplane from then on.
func newPayload(size int, trial uint32, sender int, due int64) []byte {
	b := make([]byte, size)
	binary.LittleEndian.PutUint32(b, trial)
	b[4] = byte(sender)
	binary.LittleEndian.PutUint64(b[5:], uint64(due))
	return b
}

// header reads what newPayload wrote. ok is false if it is something else.
func header(b []byte) (trial uint32, sender int, due int64, ok bool) {
	if len(b) < headerSize {
		return 0, 0, 0, false
	}
	return binary.LittleEndian.Uint32(b), int(b[4]), int64(binary.LittleEndian.Uint64(b[5:])), true
}
