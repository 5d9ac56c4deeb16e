package protocol

import "math"

// messagePack is the hub protocol "messagepack".
type messagePack struct{ *shape }

// MessagePack returns the hub protocol "messagepack". Values are encoded as
// .NET and JavaScript expect them: strings as str, []byte as bin, time.Time as
// timestamp (extension -1), integers in the smallest form, structs as maps. The
// key of a struct field is that of its msgpack tag, else its json tag, else its
// name as declared; on reading, an exact match goes before one without regard to
// case. A type with MarshalText is a str, such as the name of an enum, and may be
// read from its number too; one with MarshalBinary only is a bin. Nil is refused
// for a number, a truth or a time, and nothing is converted but whole floats and
// integers into each other. A map read into an interface is a map[string]any, an
// integer an int64, or a uint64 if it needs one. Arrays and maps may be 64 deep,
// the message included. Values has what can be chosen.
func MessagePack() Protocol { return defaultMessagePack }

var defaultMessagePack = Values{}.MessagePack()

func (messagePack) Name() string { return "messagepack" }

func (messagePack) Binary() bool { return true }

// prefixSize is the most bytes that a length prefix has.
const prefixSize = 5

// Split reads the length prefix: seven bits in each byte, the least significant
// first, the high bit set if more follow (Hub Protocol, MessagePack Encoding).
func (messagePack) Split(buf []byte, limit int) (body, rest []byte, err error) {
	var length uint64
	for i := range prefixSize {
		if err := tooLarge(uint64(i)+1, limit); err != nil || i == len(buf) {
			return nil, buf, err
		}
		length |= uint64(buf[i]&0x7f) << (7 * i)
		if buf[i] < 0x80 {
			return cut(buf, i+1, length, limit)
		}
	}
	return nil, buf, errOver2GB
}

// cut takes the body of length bytes that follows a prefix of so many bytes.
func cut(buf []byte, prefix int, length uint64, limit int) (body, rest []byte, err error) {
	if length > math.MaxInt32 {
		return nil, buf, errOver2GB
	}
	size := uint64(prefix) + length
	if err := tooLarge(size, limit); err != nil {
		return nil, buf, err
	}
	if uint64(len(buf)) < size {
		return nil, buf, nil
	}
	return buf[prefix:size:size], buf[size:], nil
}

func tooLarge(size uint64, limit int) error {
	if limit > 0 && size > uint64(limit) {
		return &TooLargeError{Limit: limit}
	}
	return nil
}
