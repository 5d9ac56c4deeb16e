// Package virtual runs a scenario in core mode: the mesh's own decisions, package
// mesh/core, one for each node, on a model of the network. One goroutine takes one
// event after the other from a queue, in virtual time, and everything random comes
// from the scenario's seed; so the same scenario gives the same result.
//
// What is real: every frame, and everything the core decides. Frames are handed over as
// they are; their bytes are counted, and made for one batch in some hundreds only, to be
// held against it (examine.go). What is a model: connections (conn.go, pipe.go), how they are dialled (dial.go), GossipSub
// (topic.go, overlay.go), and what package mesh and the search for seeds do around the
// core (seat.go, seeds.go). docs/simulations.md says what that means for results.
package virtual
