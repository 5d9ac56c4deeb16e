// Package loadtest measures a SignalR server from outside, over real sockets:
// what an idle connection costs, how fast clients come in, and how long a call
// takes. All of it is in benchmarks; see docs/benchmarks.md.
//
// It takes Linux. A measured server runs in a process of its own, which is the
// test binary started again, so that the figures are the server's alone. It ends
// when its standard input does, and so with the test, however that ends.
package loadtest
