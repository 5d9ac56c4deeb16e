package redisbackplane_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/redisbackplane"
)

// A recorder is a Receiver that remembers what it was told, as text.
type recorder struct {
	mu   sync.Mutex
	told []string
	news chan struct{}
}

func attach(t testing.TB, b *redisbackplane.Backplane) *recorder {
	r := &recorder{news: make(chan struct{}, 1)}
	detach, err := b.Attach(r)
	require.NoError(t, err)
	t.Cleanup(detach)
	return r
}

func (r *recorder) tell(format string, a ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, fmt.Sprintf(format, a...))
	select {
	case r.news <- struct{}{}:
	default:
	}
}

func (r *recorder) Receive(from, channel string, data []byte) {
	r.tell("%s %s %s", from, channel, data)
}
func (r *recorder) Left(server string)           { r.tell("left %s", server) }
func (r *recorder) Gap(from string, lost uint64) { r.tell("gap %s %d", from, lost) }

// await waits until r was told something, and returns all that it was told.
func (r *recorder) await(t testing.TB, what string) []string {
	t.Helper()
	late := time.After(patience)
	for {
		r.mu.Lock()
		told := slices.Clone(r.told)
		r.mu.Unlock()
		if slices.Contains(told, what) {
			return told
		}
		select {
		case <-r.news:
		case <-late:
			require.Contains(t, told, what)
		}
	}
}
