package protocol

// A HandshakeRequest is the first thing a client sends, whatever the protocol:
// which hub protocol it will speak, and its version.
type HandshakeRequest struct {
	Protocol string
	Version  int
}

// ParseHandshake reads the handshake request at the start of buf. ok is false
// while there is too little of it, and then rest is buf; afterwards rest is what
// follows the request and belongs to the hub protocol. A request of more than
// limit bytes (framing included; 0 means no limit) is a *TooLargeError, and
// anything but a request a *FormatError.
func ParseHandshake(buf []byte, limit int) (h HandshakeRequest, rest []byte, ok bool, err error) {
	body, rest, err := splitJSON(buf, limit)
	if body == nil || err != nil {
		return HandshakeRequest{}, buf, false, err
	}
	p, err := readProperties(body)
	if err != nil {
		return HandshakeRequest{}, buf, false, err
	}
	if h.Protocol, err = p.required(propProtocol); err != nil {
		return HandshakeRequest{}, buf, false, err
	}
	version, err := p.integer(propVersion, 32)
	if err != nil {
		return HandshakeRequest{}, buf, false, err
	}
	h.Version = int(version)
	return h, rest, true, nil
}

// AppendHandshakeResponse appends the framed answer to a handshake request:
// that it succeeded if errText is empty, else why it failed.
func AppendHandshakeResponse(dst []byte, errText string) []byte {
	if errText == "" {
		return append(dst, '{', '}', separator)
	}
	dst = append(dst, `{"error":`...)
	dst = appendJSONString(dst, errText)
	return append(dst, '}', separator)
}
