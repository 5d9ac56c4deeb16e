package main

import (
	"context"
	"time"

	"github.com/signalmesh/signalmesh/signalr"
)

// askTimeout is how long a client may think about a question. It is longer than
// the tests wait, so that none of them takes its end for an answer.
const askTimeout = time.Minute

// Ask makes a connection, wherever it is, run its method, and answers its result.
func (*Dialogue) Ask(call *signalr.Call, connectionID, method string, question any) (any, error) {
	ctx, cancel := context.WithTimeout(call.Context(), askTimeout)
	defer cancel()
	return signalr.Invoke[any](ctx, call.Clients().Client(connectionID), method, question)
}

// AskText is Ask for a result that must be a text.
func (*Dialogue) AskText(call *signalr.Call, connectionID, method string, question any) (string, error) {
	ctx, cancel := context.WithTimeout(call.Context(), askTimeout)
	defer cancel()
	return signalr.Invoke[string](ctx, call.Clients().Client(connectionID), method, question)
}

// AskBriefly is Ask for those who answer within so many milliseconds.
func (*Dialogue) AskBriefly(call *signalr.Call, connectionID, method string, ms int) (any, error) {
	ctx, cancel := context.WithTimeout(call.Context(), time.Duration(ms)*time.Millisecond)
	defer cancel()
	return signalr.Invoke[any](ctx, call.Clients().Client(connectionID), method, ms)
}

// AskCaller asks the connection that asks for it, which waits for the answer.
func (*Dialogue) AskCaller(call *signalr.Call, method string, question any) (any, error) {
	ctx, cancel := context.WithTimeout(call.Context(), askTimeout)
	defer cancel()
	return signalr.Invoke[any](ctx, call.Clients().Caller(), method, question)
}

// Disconnect ends a connection, wherever it is.
func (*Dialogue) Disconnect(call *signalr.Call, connectionID string) error {
	return call.Hub().Disconnect(call.Context(), connectionID)
}

// DisconnectUser ends all connections of a user and says how many those were.
func (*Dialogue) DisconnectUser(call *signalr.Call, userID string) (int, error) {
	return call.Hub().DisconnectUser(call.Context(), userID)
}

// Abort ends the connection of the caller.
func (*Dialogue) Abort(call *signalr.Call) { call.Abort() }
