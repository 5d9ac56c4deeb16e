package signalr_test

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/signalmesh/signalmesh/signalr"
)

// Clock is a hub with streams.
type Clock struct{}

// Countdown streams to the client.
func (*Clock) Countdown(from int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for n := from; n > 0; n-- {
			if !yield(n, nil) {
				return
			}
		}
	}
}

// Ticks streams until the client cancels or goes.
func (*Clock) Ticks(ctx context.Context, every time.Duration) <-chan time.Time {
	ticks := make(chan time.Time)
	go func() {
		defer close(ticks)
		ticker := time.NewTicker(max(every, time.Second))
		defer ticker.Stop()
		for {
			select {
			case now := <-ticker.C:
				select {
				case ticks <- now:
				case <-ctx.Done():
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return ticks
}

// Join receives a stream, and tells its caller if the stream fails.
func (*Clock) Join(words *signalr.Upload[string]) (string, error) {
	all := ""
	for word, err := range words.All() {
		if err != nil {
			return "", err
		}
		all += word
	}
	return all, nil
}

// A hub with streams in both directions.
func ExampleUpload() {
	server, err := signalr.NewServer(signalr.Options{
		Hubs: []signalr.HubOptions{{Path: "/clock", Hub: &Clock{}}},
	})
	fmt.Println(err)
	server.Close()
	// Output: <nil>
}
