package backplanetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Patience is how long the tests wait for what should happen.
const Patience = time.Minute

// An event is something that a Receiver was told.
type event struct {
	from, channel string
	data          []byte
}

// A recorder is a Receiver that remembers.
type recorder struct {
	mu      sync.Mutex
	changed *sync.Cond
	events  map[string][]event // by sender
	left    []string
	gaps    []string
}

func newRecorder() *recorder {
	r := &recorder{events: make(map[string][]event)}
	r.changed = sync.NewCond(&r.mu)
	return r
}

func (r *recorder) Receive(from, channel string, data []byte) {
	r.record(func() { r.events[from] = append(r.events[from], event{from, channel, data}) })
}

func (r *recorder) Left(server string) {
	r.record(func() { r.left = append(r.left, server) })
}

func (r *recorder) Gap(from string, lost uint64) {
	r.record(func() { r.gaps = append(r.gaps, fmt.Sprintf("%d messages of %s", lost, from)) })
}

func (r *recorder) record(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	r.changed.Broadcast()
}

// await waits until holds does, which is called with mu held.
func (r *recorder) await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	late := false
	timer := time.AfterFunc(Patience, func() { r.record(func() { late = true }) })
	defer timer.Stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	for !holds() {
		if late {
			require.FailNow(t, "did not happen within "+Patience.String()+": "+what, r.summary())
		}
		r.changed.Wait()
	}
}

// awaitCount waits for so many messages from a server, and returns all there are.
func (r *recorder) awaitCount(t testing.TB, from string, n int) []event {
	t.Helper()
	r.await(t, fmt.Sprintf("%d messages from %s", n, from), func() bool { return len(r.events[from]) >= n })
	return r.from(from)
}

// from returns what has arrived from a server, in order.
func (r *recorder) from(server string) []event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events[server])
}

// awaitMarker waits for a message on channel, which was published after all that
// is of interest, and returns what came from the server before it.
func (r *recorder) awaitMarker(t testing.TB, from, channel string) []event {
	t.Helper()
	at := -1
	r.await(t, fmt.Sprintf("marker on %q from %s", channel, from), func() bool {
		at = slices.IndexFunc(r.events[from], func(e event) bool { return e.channel == channel })
		return at >= 0
	})
	return r.from(from)[:at]
}

// summary says what there is. The caller holds mu.
func (r *recorder) summary() string {
	s := fmt.Sprintf("left: %v, gaps: %v", r.left, r.gaps)
	for from, events := range r.events {
		s += fmt.Sprintf(", %d messages from %s", len(events), from)
	}
	return s
}

// gone returns the servers that left.
func (r *recorder) gone() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.left)
}

func (r *recorder) assertNoGaps(t testing.TB) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	assert.Empty(t, r.gaps, "messages were lost")
}
