package mesh

import "errors"

var (
	// ErrClosed means that the mesh or topic was closed.
	ErrClosed = errors.New("mesh: closed")
	// ErrSelf means that a dialled address is this very node.
	ErrSelf = errors.New("mesh: that address is this node itself")
	// ErrRefused means that the peer at a dialled address ended the handshake: it is
	// of another cache, or has other credentials.
	ErrRefused = errors.New("mesh: the peer refused the handshake: other cache name, user or password")
	// ErrForeign means that something answers at a dialled address which is not a
	// signalmesh node.
	ErrForeign = errors.New("mesh: what answers is not a signalmesh node")
	// ErrAttached means that a topic has a receiver already.
	ErrAttached = errors.New("mesh: a receiver is attached already")
	// ErrTooLarge means that a message is over the limit; nothing was sent.
	ErrTooLarge = errors.New("mesh: message too large")
)
