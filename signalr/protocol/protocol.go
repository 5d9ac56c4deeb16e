package protocol

// A Protocol turns hub messages into framed bytes and back. It is stateless and
// may be used concurrently.
type Protocol interface {
	// Name is what a client asks for in its handshake: "json" or "messagepack".
	Name() string
	// Binary tells whether the frames need a transport that carries bytes.
	Binary() bool
	// Append appends the framed encoding of m to dst. If a value in m cannot be
	// encoded, it returns dst as it was and an error that says which.
	Append(dst []byte, m Message) ([]byte, error)
	// Split cuts the first whole frame off buf and returns its body without
	// framing, and what follows it. With too little in buf for a whole frame,
	// body is nil and rest is buf. A frame of more than limit bytes (framing
	// included; 0 means no limit) is a *TooLargeError, as soon as it is known.
	Split(buf []byte, limit int) (body, rest []byte, err error)
	// Parse reads the body of one frame. A nil Message without error is one of
	// a type unknown here, to be ignored. What is no message is a *FormatError.
	// The Message refers to body, which must not change while it is in use.
	Parse(body []byte) (Message, error)
	// Bind decodes raw into what dst points to. If it does not fit, that is a
	// *BindError, and what dst points to may have changed. A *Raw takes raw as
	// it is.
	Bind(raw Raw, dst any) error
}
