package mesh

import (
	"errors"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

var (
	// ErrClosed means that the mesh or topic was closed.
	ErrClosed = errors.New("mesh: closed")
	// ErrSelf means that a dialled address is this very node.
	ErrSelf = errors.New("mesh: that address is this node itself")
	// ErrRefused means that this node and the peer at a dialled address do not let each
	// other in. The error is an *admission.Refusal, which says who refused whom, why,
	// and what to do.
	ErrRefused = admission.ErrRefused
	// ErrForeign means that something answers at a dialled address which is not a
	// signalmesh node.
	ErrForeign = errors.New("mesh: what answers is not a signalmesh node")
	// ErrAttached means that a topic has a receiver already.
	ErrAttached = errors.New("mesh: a receiver is attached already")
	// ErrTooLarge means that a message is over the limit; nothing was sent.
	ErrTooLarge = errors.New("mesh: message too large")
)
