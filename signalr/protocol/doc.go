// Package protocol turns SignalR hub messages into bytes and back: the hub
// protocols JSON and MessagePack, the handshake before them, and the payloads
// and channel names by which servers talk to each other over a backplane.
//
// It is pure: no goroutine, socket, clock or state. Everything in it may be
// used concurrently.
//
// # The way of a message
//
// What a connection receives is collected in a buffer. ParseHandshake takes the
// first frame off it; from then on Protocol.Split cuts frames off and
// Protocol.Parse reads each. Arguments, items and results stay Raw, because
// only the hub method called knows their types; Protocol.Bind decodes them.
// In the other direction Protocol.Append writes a message with its framing.
// What it returned is the same for every connection that speaks the protocol,
// so it is made once and shared; an Envelope carries such frames to the other
// servers, which write them to their connections unchanged.
//
// # Failures
//
// A frame that is too large is a *TooLargeError. A frame that is not a message
// is a *FormatError, with the text that a .NET server has for it. Both end a
// connection. A value that does not fit the wanted Go type is a *BindError,
// which ends an invocation only.
//
// The layouts are those of the SignalR Hub Protocol specification as ASP.NET
// Core 8 to 10 reads and writes them, and those of its Redis backplane
// (Microsoft.AspNetCore.SignalR.StackExchangeRedis).
package protocol
