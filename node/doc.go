// Package node is one process of the mesh as a library: a SignalR server whose
// backplane is the mesh itself. It reads the settings, opens the parts, watches
// them, and closes them in order.
//
//	n, err := node.New(ctx, node.Options{
//		HTTP:  "127.0.0.1:5001",
//		Hubs:  []signalr.HubOptions{{Path: "/chat", Hub: Chat{}}},
//	})
//
// A process that only sends is a Publisher: it has no hubs and no open port.
//
// A Node serves its hubs on a listener of its own, or on the application's mux by
// Handler. Sends from outside hub methods go through Hub.
//
// Drain moves the clients to other nodes, and leaves sending at work until Close.
// Shutdown does both. Close alone disconnects the clients, and still sends what was
// published. Run opens a node, and shuts it down when its context ends. See Phase
// for the states of a node.
//
// Settings come in layers, see Resolve; Settings shows each with its origin. Files of
// the working directory are read only with Options.UseFiles, and environment variables
// only from Options.Environ.
package node
