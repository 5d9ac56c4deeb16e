package signalr

import "context"

// A Backplane carries messages between the servers of one application. It is
// publish and subscribe over channels, literal names such as "Chat:group:red".
// It reaches the *other* servers only: a Server delivers to its own connections
// itself, and does not wait for the backplane to do so.
//
// Only standard types cross the seam, so that an implementation needs no import
// of this package. Package backplanetest checks what is promised here:
//
//  1. Order: from one server to another everything arrives in the order it was
//     offered.
//  2. Once: nothing arrives twice.
//  3. Nothing lost while it can be helped: a burst, a broken link or a short
//     partition loses nothing; it arrives late, in order.
//  4. Or a named gap: what is lost beyond that is reported to Receiver.Gap.
//  5. Read your writes: what is published by a live server after Subscribe has
//     returned arrives.
//  6. Back-pressure: what cannot be queued waits for its context and then fails
//     with an error; it is never dropped in silence.
//  7. Alone is fine: with no other server reachable Publish succeeds.
//  8. Too large is an error to the caller before anything is sent.
//
// All methods may be called concurrently.
type Backplane interface {
	// Self is this server's ID: unique, new at every start, free of spaces.
	Self() string
	// Attach hands r everything that other servers publish to the channels
	// subscribed here, until detach is called. One Receiver at a time; a second
	// one is an error.
	Attach(r Receiver) (detach func(), err error)
	// Subscribe returns once every live server will send us what it publishes
	// to channel. Subscribing again is no error and has no effect. A server that
	// cannot confirm in time is logged and counted, and does not make Subscribe
	// fail. The error is that of ctx, or that the backplane is closed; the
	// channel is subscribed all the same unless the backplane is closed.
	Subscribe(ctx context.Context, channel string) error
	// Unsubscribe ends the subscription. Messages on their way may still arrive.
	Unsubscribe(channel string)
	// Publish offers data to every other server subscribed to channel and says
	// how many those are. The slice belongs to the backplane from then on.
	Publish(ctx context.Context, channel string, data []byte) (servers int, err error)
	// Subscribers says how many other servers are subscribed to channel, as far
	// as is known here.
	Subscribers(ctx context.Context, channel string) (servers int, err error)
}

// A Receiver is what a Backplane delivers to. Its methods are called in the
// order of arrival for each sending server, concurrently for different ones.
// They must only enqueue: a slow Receiver holds up the sender.
//
// It is an alias of an interface literal, so that a Backplane can name the same
// type without importing this package.
type Receiver = interface {
	// Receive takes what the server named from published to channel. The slice
	// may be kept but not changed. A channel no longer subscribed is possible.
	Receive(from, channel string, data []byte)
	// Left says that a server left the mesh and that its subscriptions ended.
	Left(server string)
	// Gap says that lost messages from a server will never arrive.
	Gap(from string, lost uint64)
}
