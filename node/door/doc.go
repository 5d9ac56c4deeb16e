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
// Anything that needs stored data is answered as Redis answers unknown commands, and
// logged once. The file commands.go lists what is known.
package door
