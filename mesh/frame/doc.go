// Package frame turns what nodes say to each other into bytes and back. It is
// pure: it decides nothing, keeps nothing and starts nothing.
//
// Two roads carry frames. A direct stream carries a sequence of length-prefixed
// frames, the first of them a Hello; there the connection proves the sender. A
// message on the application's GossipSub topic is one Announce or one Relay,
// signed by its author.
//
// What applications publish, and what nodes tell each other of their interest,
// travels as records. A record is encoded once, whoever it is for; each ordered
// pair of nodes numbers the records that pass between them, so both roads feed
// one sequence.
//
// Everything is bounded before it is read, since a peer may be hostile. Integers
// are unsigned varints unless noted.
package frame
