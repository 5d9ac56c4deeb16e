// Package door is a Redis-protocol publish/subscribe endpoint of the mesh. Servers
// that scale out over Redis, above all ASP.NET Core with AddStackExchangeRedis, use
// the mesh by being told the door's address instead of Redis'.
//
// A Door serves one listener. Each connection has a goroutine that reads commands
// and one that writes; what a connection publishes goes through the exchange that
// hubs of this process use too (package exchange), so that all of them hear each
// other. Three things are kept that clients of Redis rely on:
//
//   - PUBLISH answers with the number of subscribers in the whole mesh.
//   - SUBSCRIBE answers when every live server has confirmed that it will send us
//     what it publishes, or after Options.Confirm, which is counted. Commands that
//     come in one go are confirmed in one go.
//   - What one connection publishes to one channel arrives everywhere in order.
//
// A connection that does not read has Options.Output bytes of patience, and is then
// cut. When one with a name (CLIENT SETNAME) is cut or vanishes, what it has
// subscribed to is kept for Options.Replay: another of the same name that subscribes
// again meanwhile first gets what was not written to the old one.
//
// # Access
//
// Options.BeforeAuth limits the connections that have not authenticated. A known
// password costs one hash. Other passwords are verified one at a time, addresses take
// turns, and only the replies to wrong passwords are delayed. Door.Revoke closes the
// connections of removed users. Any line of an HTTP request closes the connection before
// a command in the request runs.
//
// With Options.TLS the endpoint accepts TLS only. A client and an endpoint that disagree
// about TLS both get the reason.
//
// # Unknown commands
//
// A command that needs stored data gets the reply of Redis to unknown commands. The log
// has one line for each such command, with its name and without its values. The file
// commands.go lists the known commands.
package door
