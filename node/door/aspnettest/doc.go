// Package aspnettest has a server of ASP.NET Core SignalR as Redis sees it: a program
// that does on the wire what Microsoft's Redis lifetime manager and the client
// StackExchange.Redis 2.7 below it do, for tests of what takes Redis' place. No line
// is taken from either: it is made from what is known of their channels, payloads,
// order of steps and errors.
//
// A Server connects to the first of its endpoints that answers, with one connection
// for commands and one for subscriptions, and goes on with the next when it loses
// them. It has Clients in place of browsers. Its methods are the operations of the
// lifetime manager, with .NET's texts as errors.
//
// Three things are simpler than in StackExchange.Redis: it is connected to one endpoint
// at a time and not to all, it sends no keep-alive, and when the master has changed it
// publishes where it did until the endpoint ends its subscriptions.
package aspnettest
