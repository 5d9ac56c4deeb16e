// Package core is what the mesh decides, as one node sees one application: who
// is a member, who wants which channel, which road a record takes, in what order
// records are delivered, what is sent again and what is given up.
//
// It is a state machine. It has no clock: every call is told the time. It starts
// nothing, waits for nothing and touches no socket: what is to be done it tells
// its Shell, and what is to be written the shell fetches with Next and NextTopic.
// So package mesh drives it with libp2p, tests drive it with scripts, and a
// simulation drives thousands of it in virtual time; for the same calls and the
// same random source it does the same.
//
// # Order
//
// Each ordered pair of nodes has its own sequence. What a node offers to a peer
// is numbered and kept in that peer's outflow until the peer acknowledges it, or
// until the replay window is over. The peer's inflow takes the numbers in order,
// whatever road they came, holds back what comes early, asks for what is missing
// and skips, after HoleTimeout, what does not come: that is a gap, and it is
// reported. Interest travels in the same sequence, so it is never ahead of or
// behind the messages it concerns.
//
// # Roads
//
// A member with a direct link gets its records there. One that is heard on the
// topic but has had no link for a while gets them by Relay, the long way round.
//
// A Node is not safe for concurrent use.
package core
