package signalr

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// drainPace is how fast connections may end without being spread further: a
// hundred reconnects a second are no herd.
const drainPace = 10 * time.Millisecond

// drain ends the connections there are, spread over time, so that not all clients
// reconnect at once. No more must be let in. It returns early if ctx ends,
// if the server closes, or if there are none left, as done says.
func (s *Server) drain(ctx context.Context, done <-chan struct{}) {
	s.mu.Lock()
	// One that was admitted before and is still to be added ends itself.
	connections := slices.Collect(maps.Keys(s.connections))
	s.mu.Unlock()
	spread := spreadOver(ctx, s.options.ShutdownSpread, len(connections))
	// In turn, in random order and at random within each one's share of the time.
	rand.Shuffle(len(connections), func(i, j int) {
		connections[i], connections[j] = connections[j], connections[i]
	})
	start := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i, c := range connections {
		share := (float64(i) + rand.Float64()) / float64(len(connections))
		timer.Reset(time.Until(start.Add(time.Duration(share * float64(spread)))))
		select {
		case <-timer.C:
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-s.ctx.Done():
			return
		}
		c.end(shutdown)
	}
}

// spreadOver is the time over which n connections are to end: what is wanted, but
// not more than n need, and at most half of what ctx leaves, since to see clients
// off takes time too.
func spreadOver(ctx context.Context, wanted time.Duration, n int) time.Duration {
	spread := min(wanted, time.Duration(n)*drainPace)
	if deadline, ok := ctx.Deadline(); ok {
		spread = min(spread, time.Until(deadline)/2)
	}
	return max(spread, 0)
}
