// Package stack runs a scenario with the whole program: every node is a mesh.Mesh,
// with libp2p's host, Noise, the admission by password, yamux, GossipSub and our
// streams, on a network of package vnet, in virtual time.
//
// It is the check on the faster simulation of package simulations, which runs the
// mesh's core on a model of all that. It costs a thousand times as much, and a run
// cannot be repeated exactly: goroutines that are ready in the same instant run in
// any order, keys and peer IDs are random, and so is GossipSub. Results spread
// a little from run to run; docs/simulations.md says how much.
//
// One computation is saved: whether a message of the topic is signed by its author is
// found out once and not by every node, and the nodes are told the result through
// mesh.Options.Verify. It would take no virtual time, and what they do with the answer is the same.
//
// Virtual time is that of testing/synctest: it moves on when every goroutine waits,
// so computing takes no time at all. It exists in tests only, and a bubble of it ends with
// the test. So Run starts the program again as a child, which runs one test,
// that is, the simulation, and writes what comes out to its standard output. A program
// that calls Run must call Child at the beginning of main.
package stack
