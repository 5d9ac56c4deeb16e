// Package vnet is a network of hosts that speak TCP, in the virtual time of a
// testing/synctest bubble, for programs that take a net.Listener and a dialer.
//
// What it has: for each pair of hosts a latency, jitter, loss and cuts; for each host
// a bandwidth up and down, with queues; and TCP as an application sees it: order, slow
// start and back-off, retransmission after the acknowledgement of a later packet
// (RFC 8985), a tail loss probe or a timeout (RFC 6298, with Linux's least of
// 200 ms), windows, resets, refused and unanswered dials. Constants are Linux's
// defaults.
//
// What it has not: ECN, pacing, overfull queues in switches (a queue delays, and never
// drops).
// Times of arrival are rounded to 5 µs, up or down, and a reset
// ends a connection 5 µs after it has arrived.
// Closing a connection resets it, as go-libp2p has TCP do (SO_LINGER with 0).
//
// A Network must be made, used and closed within one bubble. One goroutine runs its
// events in the order of their times, so apart from the order in which goroutines of
// the program write in the same instant, a run depends on the random source only.
package vnet
