// Package bridge connects the mesh of an application with the Redis its servers used
// before, while they move over one after the other. Servers still on that Redis and
// servers on the mesh hear each other, once.
//
// A Bridge lies between the topic of a node and the exchange that hubs and Redis
// door share, on every node. Most have no Redis: they only ask the one that bridges.
// Of those that were given one, the first to hold a lease in that Redis bridges
// (lease.go); when it ends or dies, another takes over.
//
// # From the mesh
//
// What is published in the mesh is told the bridging node too, which publishes it in
// Redis and answers with the number of subscribers there, without its own (ask.go,
// session.go). So PUBLISH counts both sides, and counts a subscription in Redis from
// the moment in which Redis confirmed it.
//
// # From Redis
//
// The bridging node subscribes in Redis to every channel and pattern that somebody
// in the mesh subscribes to, and to no other. So who publishes in Redis is told one
// more subscriber if there are any in the mesh, and none if there are not. Who
// subscribes in the mesh is answered when the bridging node has subscribed as well.
//
// # Once, and in order
//
// Redis echoes to the bridging node what that publishes. It expects one echo by each
// of its own subscriptions that fit, and drops those (echoes.go). Messages from Redis
// go to the mesh only, and are not published in Redis again. One connection carries
// all of it, and the mesh keeps the order of each pair of servers: so what one
// publisher sends to one channel arrives in order on the other side.
//
// # What is lost
//
// Nothing waits for Redis: what is published in the mesh while it is away, or while
// no node bridges, does not reach it, and the other way round. Between the end of one
// bridging node and the beginning of the next that is a moment if the first one was
// stopped, and up to leaseTime if it was killed. Both directions have queues of
// Options.Queue bytes; what does not fit in is dropped and counted.
package bridge
