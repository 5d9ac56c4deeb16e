package mesh

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
)

// answerHead is how many bytes of an answer are kept to recognise its protocol.
const answerHead = 8

// An answer is a connection that keeps the first bytes that were read. One goroutine at
// a time may read it.
type answer struct {
	net.Conn
	head []byte
}

// Read reads from the connection.
func (a *answer) Read(b []byte) (int, error) {
	n, err := a.Conn.Read(b)
	a.head = append(a.head, b[:min(n, answerHead-len(a.head))]...)
	return n, err
}

// foreign returns an ErrForeign that names the protocol of the answer. err is how the
// handshake failed.
func (a *answer) foreign(err error) error {
	for _, p := range []struct{ start, what string }{
		{"HTTP/", "an HTTP server: use the port of --listen, not that of --http or --admin"},
		{"-ERR", "a Redis server or endpoint: use the port of --listen, not that of --redis"},
		{"SSH-", "an SSH server"},
		{"\x15\x03", "a TLS server"},
		{"220", "a mail or FTP server"},
	} {
		if bytes.HasPrefix(a.head, []byte(p.start)) {
			return fmt.Errorf("%w but %s", ErrForeign, p.what)
		}
	}
	var network net.Error
	switch {
	case errors.As(err, &network):
		return fmt.Errorf("%w (%w)", ErrForeign, plain(err))
	case len(a.head) == 0 && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
		return fmt.Errorf("%w (it closed the connection)", ErrForeign)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w (it closed the connection during the handshake)", ErrForeign)
	case len(a.head) > 0 && a.head[0] != multistreamStart:
		return fmt.Errorf("%w (its answer begins with %q)", ErrForeign, a.head)
	}
	return fmt.Errorf("%w (%w)", ErrForeign, plain(err))
}

// multistreamStart is the first byte of every libp2p peer: the length of
// "/multistream/1.0.0" and a newline.
const multistreamStart = 19
