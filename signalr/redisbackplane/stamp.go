package redisbackplane

import "bytes"

// Foreign is what Receive calls servers that do not say who they are: those of
// ASP.NET Core.
const Foreign = "aspnetcore"

// A stamp stands behind every payload of this package and names its sender:
//
//	0xC4 length name flag 's' 'm' length
//
// that is, a MessagePack bin of so many bytes, found from its end. If the payload is
// an array of less than 15 elements, as all of ASP.NET Core's are, the stamp is one
// more element of it, and flag is raised.
const (
	binary    = 0xC4 // MessagePack's bin 8
	asItIs    = 0
	raised    = 1
	stampBase = 4 // bytes of a stamp's content besides the name
	maxName   = 255 - stampBase
)

// stamped returns a copy of data with the stamp of name, which is at most maxName
// bytes long.
func stamped(data []byte, name string) []byte {
	length := byte(len(name) + stampBase)
	out := make([]byte, len(data), len(data)+2+int(length))
	copy(out, data)
	flag := byte(asItIs)
	if smallArray(data) {
		out[0]++
		flag = raised
	}
	out = append(out, binary, length)
	out = append(out, name...)
	return append(out, flag, 's', 'm', length)
}

// unstamped returns a payload without its stamp and who it is from, both of them
// parts of data, which it may change. What has no stamp is from Foreign.
func unstamped(data []byte) (payload []byte, from string) {
	if len(data) == 0 {
		return data, Foreign
	}
	length := int(data[len(data)-1])
	at := len(data) - length - 2
	if at < 0 || length <= stampBase || data[at] != binary || int(data[at+1]) != length {
		return data, Foreign
	}
	name, tail := data[at+2:len(data)-stampBase], data[len(data)-stampBase:]
	if !bytes.Equal(tail[1:3], []byte("sm")) {
		return data, Foreign
	}
	payload = data[:at:at]
	switch {
	case tail[0] == asItIs:
		return payload, string(name)
	case tail[0] == raised && at > 0 && data[0] > 0x90 && data[0] <= 0x9F:
		payload[0]--
		return payload, string(name)
	}
	return data, Foreign
}

// smallArray tells whether data starts as a MessagePack array that may have one more
// element without a longer header.
func smallArray(data []byte) bool { return len(data) > 0 && data[0] >= 0x90 && data[0] < 0x9F }
