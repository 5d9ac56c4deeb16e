//go:build race

package signalr

// flood is how many handshakes never finish at a time. A thousand in one synctest
// bubble make the race detector of Go 1.26 fail an internal check in 3 of 100 runs:
// https://go.dev/issue/78156. The Makefile also runs the test without the race
// detector.
const flood = 100
