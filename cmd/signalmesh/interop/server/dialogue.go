package main

import (
	"strings"
	"sync/atomic"

	"github.com/signalmesh/signalmesh/signalr"
)

// A Dialogue is a Matrix with all that takes longer than a call: methods that
// stream, that ask clients, and that end connections.
type Dialogue struct {
	*Matrix
	streaming atomic.Int64 // how many of the methods that Streaming counts run
}

// left tells everybody of a connection that ended: which, and why, if not in order.
const left signalr.Event2[string, string] = "left"

// OnDisconnected tells everybody who went.
func (*Dialogue) OnDisconnected(call *signalr.Call, err error) {
	why := ""
	if err != nil {
		why = err.Error()
	}
	// It fails only while the server closes: then there is nobody to tell.
	_ = left.Send(call.Clients().All(), call.ConnectionID(), why)
}

// maxRepeated is the length in bytes of the longest text that SendRepeated makes.
const maxRepeated = 1 << 20

// SendRepeated sends to one connection a text longer than clients may send.
func (*Dialogue) SendRepeated(call *signalr.Call, connectionID, text string, times int) error {
	if times < 0 || times > maxRepeated/max(len(text), 1) {
		return &signalr.HubError{Message: "too long"}
	}
	return call.Clients().Client(connectionID).Send(message, strings.Repeat(text, times))
}
