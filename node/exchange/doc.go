// Package exchange lets several subscribers of one process share one backplane:
// the hubs of a SignalR server, and whoever else publishes and subscribes, such as
// the connections of the Redis endpoint.
//
// A Backplane reaches other servers only, has one receiver, knows no patterns, and
// counts servers rather than subscribers. An Exchange adds what is missing, with
// nothing but names of channels, so that the promises of the backplane hold for all
// of it: what is subscribed is confirmed by every live server, and what one
// publisher sends arrives in order.
//
//   - Subscribers here are counted by reference, and hear each other at once.
//   - The second subscriber of a channel here subscribes, besides, to that channel's
//     second level, the third to its third. So a publisher elsewhere finds out how
//     many there are by asking for one level after the other.
//   - A pattern is a channel of its own. Its name is listed by the backplane, so
//     that publishers know all patterns, and publish a copy to those that match.
//
// Names of that kind begin with a zero byte; see names.go. All servers of one
// application have to use an Exchange, or none.
//
// The methods of an Exchange may be called concurrently. Deliveries are made by the
// goroutine that publishes, or by that of the backplane.
package exchange
