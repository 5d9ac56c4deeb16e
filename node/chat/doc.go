// Package chat is the demonstration: a chat hub and the page that goes with it.
//
// Hub has a method for each kind of audience that SignalR knows. Whatever a
// client sends runs the method ReceiveMessage(user, text, server) of those it is
// for; server is the name of the server that the sender is connected to, so that
// one sees messages cross the mesh. Mount gives a Hub its path, and UserID makes
// users of the query parameter "user".
//
// Page serves a chat for browsers on Microsoft's @microsoft/signalr. It expects
// the hub at /chat of the same origin. If the origin also answers
// GET /demo/servers, as that of "signalmesh demo" does, the page shows the
// servers and lets one stop and start them.
//
// Nothing here keeps state or starts a goroutine. All of it may be used
// concurrently.
package chat
