package protocol

import (
	"bytes"
	"encoding/json"
)

// separator ends every JSON frame. It cannot occur inside one, since JSON
// escapes control characters (Hub Protocol, JSON Encoding).
const separator = 0x1E

// jsonProtocol is the hub protocol "json".
type jsonProtocol struct{}

// JSON returns the hub protocol "json". Values are those of encoding/json, with
// what .NET's defaults ask for: the name of a struct field without a json tag
// is written in camelCase and read without regard to case, and nothing is
// escaped for HTML. As in encoding/json, []byte is base64, time.Time is RFC
// 3339, a nil slice or map is null, null leaves what it is bound to as it is,
// and fields that would have one name (such as ID and Id) are left out: give
// them tags. Objects and arrays may be 64 deep, the message included.
func JSON() Protocol { return jsonProtocol{} }

func (jsonProtocol) Name() string { return "json" }

func (jsonProtocol) Binary() bool { return false }

func (jsonProtocol) Split(buf []byte, limit int) (body, rest []byte, err error) {
	return splitJSON(buf, limit)
}

func (jsonProtocol) Bind(raw Raw, dst any) error {
	if dst, ok := dst.(*Raw); ok {
		*dst = raw
		return nil
	}
	if err := json.Unmarshal(raw, dst); err != nil {
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
