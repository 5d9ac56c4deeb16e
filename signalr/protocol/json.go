package protocol

import (
	"bytes"
	"fmt"
	"reflect"
)

// separator ends every JSON frame. It cannot occur inside one, since JSON
// escapes control characters (Hub Protocol, JSON Encoding).
const separator = 0x1E

// jsonProtocol is the hub protocol "json".
type jsonProtocol struct{ *shape }

// JSON returns the hub protocol "json". Values are those of encoding/json, with
// what .NET's defaults ask for: the name of a struct field without a json tag
// is written in camelCase and read without regard to case, and nothing is
// escaped for HTML; null is refused for a number, a truth or a time, and a time
// without a zone is read as UTC. As in encoding/json, []byte is base64, time.Time
// is RFC 3339, a nil slice or map is null, and fields that would have one name
// (such as ID and Id) are left out: give them tags. Objects and arrays may be 64
// deep, the message included. Values has what can be chosen.
func JSON() Protocol { return defaultJSON }

var defaultJSON = Values{}.JSON()

func (jsonProtocol) Name() string { return "json" }

func (jsonProtocol) Binary() bool { return false }

func (jsonProtocol) Split(buf []byte, limit int) (body, rest []byte, err error) {
	return splitJSON(buf, limit)
}

func (p jsonProtocol) Bind(raw Raw, dst any) error {
	if dst, ok := dst.(*Raw); ok {
		*dst = raw
		return nil
	}
	v := reflect.ValueOf(dst)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return bindError(dst, fmt.Errorf("a %T cannot be set; pass a pointer", dst))
	}
	s, err := newScanner(raw)
	if err == nil {
		err = p.bindJSON(s, v.Elem())
	}
	if err != nil {
		return bindError(dst, err)
	}
	return nil
}

// splitJSON is Protocol.Split of JSON, and of the handshake whatever the protocol.
func splitJSON(buf []byte, limit int) (body, rest []byte, err error) {
	i := bytes.IndexByte(buf, separator)
	size := i + 1
	if i < 0 {
		size = len(buf) + 1 // at least
	}
	if limit > 0 && size > limit {
		return nil, buf, &TooLargeError{Limit: limit}
	}
	if i < 0 {
		return nil, buf, nil
	}
	return buf[:i:i], buf[size:], nil
}
