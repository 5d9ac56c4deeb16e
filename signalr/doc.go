// Package signalr is a SignalR server: hubs of plain Go methods that Microsoft's
// clients call, and from which clients are called, over one server or many.
//
// # Hubs
//
// A hub is a Go value; its exported methods, promoted ones included, are the hub
// methods. Names are matched without regard to case.
//
//	type Chat struct{}
//
//	func (*Chat) Send(call *signalr.Call, user, text string) error {
//		return call.Clients().All().Send("ReceiveMessage", user, text)
//	}
//
// Parameters of type *Call and context.Context are supplied by the server, all
// others by the client. A method returns nothing, a result, an error, or both. An
// error reaches the client as a general failure, unless it is a *HubError. A
// panic ends the invocation it happens in and nothing else. One value serves all
// calls, concurrently; those of one connection run one after another. Connector
// and Disconnector are for hubs that want to know who comes and goes.
//
// # Streams
//
// A method that returns <-chan T or iter.Seq2[T, error] streams to its client.
// The next element is taken when little waits for the client, so a slow client
// slows its streams. The call's Context ends when the client cancels or goes:
// then an iterator is stopped at its next yield, and a channel is left alone, so
// whoever sends into it must also wait for ctx.Done().
//
// A parameter of type <-chan T or *Upload[T] receives a stream from the client.
// When its buffer is full the client is not read until the method takes an item
// or ends. A channel cannot carry an error: if the client ends the stream with
// one, the Context is cancelled with it as cause and then the channel is closed.
//
// Methods with streams run beside all other invocations of their client.
//
// # The life of a connection
//
// A client negotiates, opens its transport, and shakes hands. Then the connection
// is entered in the registry and announced on the backplane, OnConnected runs, and
// messages are read. It ends for one reason, the first there is; then its context
// is cancelled, OnDisconnected runs, and it leaves its groups. See connection.
//
// # Transports
//
// A connection is the same over each of the three transports. WebSockets carry
// both directions. Over server-sent events and long polling clients send by POST:
// the bytes wait in an inbox, which holds up requests when it is full. An event
// stream is one response as long as the connection; a poll is answered with all
// that waits. The negotiations hold every connection a client may send requests
// to, and say which request fits.
//
// With stateful reconnect a connection outlives its WebSocket. Its transport is
// then a link: that numbers and holds what is written until the client acknowledges
// it, waits for the client to bring another socket, and writes what it holds again.
// Nothing above it notices.
//
// # The way of a message
//
// What a client sends goes from its transport through the hub protocol to the hub
// method. What that sends is encoded once for each protocol, put into the
// outboxes of the connections here that it is for, and then published on the
// backplane. What comes from there goes into outboxes in the same way, as the
// bytes it came in. A connection's writer empties its outbox into the transport.
//
// # Questions
//
// Invoke asks one client and waits for its answer. A question is entered in a
// table before it goes out, to a connection here or in an envelope with a return
// channel to the server that has it. That server enters it in its own table, and
// gives the answer back as the client encoded it; who asked decodes it. A question
// leaves the tables with its answer, its caller, its connection or its server,
// whichever ends first; only a caller's cancelling is not told to the other
// server. Hub.Disconnect and Hub.DisconnectUser are commands to all servers on a
// channel that ASP.NET Core does not have, and each replies what it found.
//
// # Concurrency
//
// Each connection has a reader and a writer, and a goroutine for hub methods while
// they run, one for each method with streams and one for each channel that
// receives. The reader is the goroutine of the request that opened the WebSocket
// or the event stream; a long-polling connection, which outlives its requests, has
// a reader of its own, and between polls a timer. Only streams wait for a slow client:
// outboxes are bounded, and past that bound the connection is closed with ErrSlow.
// Receiving from the backplane never waits; only the commands of other servers do,
// and what is told them of clients that cannot answer, in a few workers. The answer
// of a client is given back by its reader.
//
// Locks nest in this order: Server.mu or registry.mu, then connection.mu, then
// link.mu, then outbox.mu; and negotiations.mu, then longPoll.mu, then inbox.mu. inFlight.mu nests in none. None is held
// while something is waited for.
//
// # Failures
//
// A backplane that cannot take a message is an error to the sender; the
// connections of its own server got the message all the same. A server that dies
// takes its connections along; whoever waits for it is told at once. What other
// servers send and makes no sense is logged, counted and dropped.
package signalr
