package signalr

// A transport carries the bytes of one connection between client and server. One
// goroutine receives and another sends; kill may be called by any.
type transport interface {
	// receive waits for bytes from the client and appends them to buf. A client
	// that ended the connection, or was lost, is errClientGone.
	receive(buf []byte) ([]byte, error)
	// send writes frames, which are whole hub messages, in order.
	send(frames [][]byte) error
	// setBinary says that what is sent from now on is not text.
	setBinary()
	// close ends the sending, and says whether the connection failed. Receive
	// then ends too, in a bounded time.
	close(failed bool)
	// kill ends everything at once.
	kill()
}
