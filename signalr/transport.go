package signalr

// A transport carries the bytes of one connection between client and server. One
// goroutine receives and another sends; kill may be called by any.
type transport interface {
	// traits says what is particular to the transport. It never changes.
	traits() traits
	// receive waits for bytes from the client and appends them to buf, which may
	// be nil: memory is taken, with room, only once there is something to put
	// into it. A client that ended the connection, or was lost, is errClientGone.
	// After errInterrupted buf is to be dropped, and receiving goes on.
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

// traits are what a connection must know of its transport.
type traits struct {
	transport Transports // which one it is
	textOnly  bool       // it carries no binary protocol
	noPings   bool       // the client's requests show that both ends live
	requests  bool       // the client sends in new requests
}
