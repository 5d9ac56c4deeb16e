//go:build race

package signalr

// flood is how many handshakes never finish at a time. The race detector allows for
// some 8,000 goroutines.
const flood = 1_000
