// Package resp reads the commands of Redis clients and writes the replies to them,
// in RESP2 and RESP3 (https://redis.io/docs/latest/develop/reference/protocol-spec/).
// It is pure: no sockets, no goroutines.
//
// A Reader is fed with bytes as they come and gives commands as they are complete.
// It checks every length against a limit before it keeps a byte, which the readers
// of the libraries we know do not.
package resp
