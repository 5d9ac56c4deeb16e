package protocol

import (
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"
)

// A reader reads the MessagePack of a message or payload, element by element.
// The first failure stays in err, with the text that a .NET server has for it,
// and ends all reading. What it announces is never trusted: memory grows with
// what is there.
type reader struct {
	buf []byte
	err error
}

func (r *reader) fail(err error, format string, args ...any) {
	if r.err != nil {
		return
	}
	f := malformed(format, args...).(*FormatError)
	f.Err = err
	r.err, r.buf = f, nil
}

// length reads an array header.
func (r *reader) length(name string) uint32 {
	n, rest, err := msgp.ReadArrayHeaderBytes(r.buf)
	return accept(r, n, rest, err, "Reading array length for '%s' failed.", name)
}

func (r *reader) mapLength(name string) uint32 {
	n, rest, err := msgp.ReadMapHeaderBytes(r.buf)
	return accept(r, n, rest, err, "Reading map length for '%s' failed.", name)
}

func (r *reader) int32(name string) int32 {
	n, rest, err := msgp.ReadInt32Bytes(r.buf)
	return accept(r, n, rest, err, "Reading '%s' as Int32 failed.", name)
}

func (r *reader) int64(name string) int64 {
	n, rest, err := msgp.ReadInt64Bytes(r.buf)
	return accept(r, n, rest, err, "Reading '%s' as Int64 failed.", name)
}

func (r *reader) bool(name string) bool {
	b, rest, err := msgp.ReadBoolBytes(r.buf)
	return accept(r, b, rest, err, "Reading '%s' as Boolean failed.", name)
}

func (r *reader) string(name string) string {
	s, rest, err := msgp.ReadStringZC(r.buf)
	if err == nil && !utf8.Valid(s) {
		err = errNotUTF8
	}
	return string(accept(r, s, rest, err, "Reading '%s' as String failed.", name))
}

// stringOrNil reads a string; nil counts as an empty one.
func (r *reader) stringOrNil(name string) string {
	if r.err == nil && msgp.IsNil(r.buf) {
		r.buf = r.buf[1:]
		return ""
	}
	return r.string(name)
}

// bytes reads a bin, which stays part of what is read.
func (r *reader) bytes(name string) []byte {
	b, rest, err := msgp.ReadBytesZC(r.buf)
	b = accept(r, b, rest, err, "Reading '%s' as Byte[] failed.", name)
	return b[:len(b):len(b)]
}

// raw reads any value, which may have as many levels of arrays and maps as depth
// says, and stays part of what is read.
func (r *reader) raw(name string, depth int) Raw {
	rest, err := skip(r.buf, depth)
	if err != nil {
		r.fail(err, "Reading '%s' failed.", name)
		return nil
	}
	size := len(r.buf) - len(rest)
	v := Raw(r.buf[:size:size])
	r.buf = rest
	return v
}

// accept goes on to rest and returns v, or fails.
func accept[T any](r *reader, v T, rest []byte, err error, format, name string) T {
	if r.err == nil && err == nil {
		r.buf = rest
		return v
	}
	r.fail(err, format, name)
	var zero T
	return zero
}

// skip returns what follows the first value in b. It does not recurse, and does
// no more work than b is long.
func skip(b []byte, depth int) ([]byte, error) {
	var open [maxDepth]uint64 // elements still to come on each level
	level := 0
	for {
		n, rest, container, err := skipOne(b)
		if err != nil {
			return b, err
		}
		b = rest
		if container {
			if level == min(depth, maxDepth) {
				return b, errTooDeep
			}
			open[level] = n
			level++
		}
		// Close what is complete, and count what was read on the level above.
		for level > 0 && open[level-1] == 0 {
			level--
		}
		if level == 0 {
			return b, nil
		}
		open[level-1]--
	}
}

// skipOne skips one value that is not an array or a map, or the header of one
// and tells how many values are in it.
func skipOne(b []byte) (inside uint64, rest []byte, container bool, err error) {
	var n uint32
	switch msgp.NextType(b) {
	case msgp.ArrayType:
		n, rest, err = msgp.ReadArrayHeaderBytes(b)
		return uint64(n), rest, true, err
	case msgp.MapType:
		n, rest, err = msgp.ReadMapHeaderBytes(b)
		return 2 * uint64(n), rest, true, err
	}
	rest, err = msgp.Skip(b)
	return 0, rest, false, err
}
