// Package redisbackplane is a signalr.Backplane on the publish and subscribe of a
// Redis server. It uses the channels and payloads of ASP.NET Core's
// (AddStackExchangeRedis), so that servers of both kinds can share one Redis while
// an application moves over.
//
//	plane, err := redisbackplane.New(ctx, redisbackplane.Options{Address: "localhost:6379"})
//	server, err := signalr.NewServer(signalr.Options{Hubs: hubs, Backplane: plane})
//
// The name of a hub (signalr.HubOptions.Name) has to be the full name of the .NET
// type, and Options.ChannelPrefix that of the other servers.
//
// # What it promises
//
// Of the eight promises of a Backplane it keeps 1 (order), 2 (once), 5 (read your
// writes), 7 (alone is fine) and 8 (too large is an error) while Redis is up and
// stands alone. In a Redis Cluster the third and fifth do not hold.
//
// It cannot keep 3: what is published while a server has no connection to Redis
// never reaches it. Nor does Redis number messages, so nobody knows how many these
// were. As for 4, a server that is connected again is therefore told of a gap of
// unknown size, Receiver.Gap with 0, from every server it knows of; a counter and
// the log tell it too. As for 6, Redis holds up no publisher: what a server does not
// take, Redis keeps up to client-output-buffer-limit pubsub, 32 MiB by default, and
// then cuts the server off, which it notices as any other loss of the connection.
//
// With Redis away Publish waits, at most Options.OutageTimeout, and then fails with
// ErrUnavailable. One that Redis did not answer fails and is not tried again: it may
// have arrived. Subscribe waits as long and then returns all the same, which the log
// and a counter tell; the channel is subscribed when Redis is back.
//
// # Servers
//
// Redis does not tell who sent a message, and echoes it. So a server of this package
// puts its name behind a payload, as one more element of the MessagePack array, which
// ASP.NET Core ignores. Messages without are from Foreign. Servers of this package
// tell each other on a channel of their own that they live: one is gone after 10 s
// of silence, or at once when it is closed.
package redisbackplane
