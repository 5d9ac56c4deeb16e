//go:build linux

package loadtest_test

import (
	"iter"

	"github.com/signalmesh/signalmesh/signalr"
)

// item is an element of the streams.
const item = "an element of a stream"

type hub struct{}

func (hub) Echo(text string) string { return text }

// Tell sends a text to everybody.
func (hub) Tell(call *signalr.Call, text string) error {
	return call.Clients().All().Send("hear", text)
}

// Down streams n items to the client.
func (hub) Down(n int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for range n {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// Up takes a stream from the client and returns how many items there were.
func (hub) Up(items <-chan string) (n int) {
	for range items {
		n++
	}
	return n
}
