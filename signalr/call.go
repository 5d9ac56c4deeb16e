package signalr

import (
	"context"
	"net/http"
)

// A Call is one invocation of a hub method, or one connect or disconnect, in
// progress. It may be used concurrently.
type Call struct {
	connection *connection
	ctx        context.Context
	permit     *permit // nil: it runs without
	connecting bool    // it is that of OnConnected
}

// Context is cancelled when the call is over: its method has returned, and the
// stream that it returned has ended. It is cancelled before that when the
// connection ends, when the client cancels the invocation, and, with the client's
// error as cause, when an upload fails that the method receives from a channel.
// That of OnConnected ends with the connection, that of OnDisconnected when the
// Server closes.
func (c *Call) Context() context.Context { return c.ctx }

// ConnectionID is the public name of the caller's connection.
func (c *Call) ConnectionID() string { return c.connection.id }

// UserID is the user of the caller's connection, empty if it has none. It does
// not change.
func (c *Call) UserID() string { return c.connection.user }

// User is who the caller is, as Options.Authenticate said for the request that
// opened the connection's transport, or, with long polling, for the last poll. It
// is nil if nobody is known.
func (c *Call) User() *User { return c.connection.principal.Load() }

// Request is the request that opened the connection's transport. Its body is
// not to be read, and its context is there for its values: Context says when the
// connection ends.
func (c *Call) Request() *http.Request { return c.connection.request }

// Transport is the one that carries the caller's connection.
func (c *Call) Transport() Transports { return c.connection.transport.traits().transport }

// RemoteAddr is the address of the client as IP:port: that of the request that opened
// the connection's transport. Behind a proxy it is the proxy's, unless a handler in
// front of the Server has set the request's RemoteAddr from a header that it trusts.
func (c *Call) RemoteAddr() string { return c.connection.request.RemoteAddr }

// Items are the application's own values for the caller's connection.
func (c *Call) Items() *Items { return &c.connection.items }

// Abort closes the caller's connection, without an error and without leave to
// reconnect. It does not wait.
func (c *Call) Abort() { c.connection.abort() }

// Hub is the hub that was called, for sends after the call.
func (c *Call) Hub() *Hub { return c.connection.hub }

// Clients names connections to send to. Such a send does not end with the
// caller's connection; it is limited by Options.SendTimeout.
func (c *Call) Clients() CallerClients {
	server := c.connection.hub.server
	return CallerClients{
		audiences: Clients{hub: c.connection.hub, ctx: context.WithoutCancel(server.ctx), timeout: server.options.SendTimeout, call: c},
		caller:    c.connection.id,
	}
}

// Groups changes groups. Like a send, a change does not end with the call, so it may
// also be made after it; it is limited by Options.GroupTimeout.
func (c *Call) Groups() Groups {
	return Groups{hub: c.connection.hub, ctx: c.connection.hub.server.ctx}
}
