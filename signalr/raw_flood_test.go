//go:build !race

package signalr

// flood is how many handshakes never finish at a time.
const flood = 10_000
