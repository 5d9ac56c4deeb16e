package node

import (
	"cmp"
	"fmt"

	"github.com/signalmesh/signalmesh/signalr"
)

// defaultReplay is the ReplayBytes of zero.
const defaultReplay = 64 << 20

// envelope returns how many bytes of the replay window are reserved for the names in a
// message: channel, protocols and excluded connections.
func envelope(replay int) int { return min(1<<20, replay/4) }

// sendSize is the length in bytes of the longest message to clients, in each hub
// protocol. What the mesh carries has both, and must fit into the replay window of a
// server that is away.
func (o Options) sendSize() int {
	replay := cmp.Or(o.ReplayBytes, defaultReplay)
	return cmp.Or(o.SignalR.MaxSendSize, min(signalr.DefaultMaxSendSize, (replay-envelope(replay))/2))
}

// meshMessage is the length in bytes of the longest message on the mesh.
func (o Options) meshMessage() int {
	return 2*o.sendSize() + envelope(cmp.Or(o.ReplayBytes, defaultReplay))
}

// sizes checks that messages fit into the replay window.
func (r *resolver) sizes() {
	replay := cmp.Or(r.o.ReplayBytes, defaultReplay)
	if size := r.o.SignalR.MaxSendSize; size > 0 && r.o.meshMessage() > replay {
		r.fail(fmt.Errorf("SignalR.MaxSendSize %d needs a ReplayBytes of at least %d, and it is %d: a message goes to other servers in two encodings", size, r.o.meshMessage(), replay))
	}
	r.s.row("max-send-size", fmt.Sprint(r.o.sendSize()), r.o.origin("max-send-size"))
}
