// Package swarm looks for broken promises in scenarios that it draws at random.
//
// [Draw] makes a scenario of a seed: the number of servers, their regions, the load,
// the settings of the mesh, and faults of every kind in any combination. [Try] runs
// one in package virtual and returns the first thing that went wrong: a promise of
// the mesh that was broken, a check of the simulation on itself that failed, a panic,
// or a run that did not end. [Hunt] tries many. [Shrink] makes a failing scenario
// smaller for as long as it fails in the same way.
//
// A scenario is the text of a scenario file from the beginning to the end, so that
// "signalmesh sim run" runs the same as the swarm did. The same seed draws the same
// scenario as long as this package does not change.
//
// The models are the simulation of FoundationDB and the VOPR of TigerBeetle.
package swarm
