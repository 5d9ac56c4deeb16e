package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

func TestAFollowerHearsOfAllInterest(t *testing.T) {
	w := newWorld(t, 3)
	a, b, c := w.nodes[0], w.nodes[1], w.nodes[2]
	w.subscribe(b, "before")
	w.subscribe(a, "own")
	wanted := map[string]bool{}
	changes := 0
	a.Follow(func(channel string, yes bool) { wanted[channel], changes = yes, changes+1 })
	assert.Equal(t, map[string]bool{"before": true}, wanted, "what others want, not oneself")
	w.subscribe(b, "red")
	w.subscribe(c, "red")
	assert.Equal(t, map[string]bool{"before": true, "red": true}, wanted)
	assert.Equal(t, 2, changes, "the second is no news")
	a.applyWhole("n02", "red", "before")
	assert.Equal(t, 2, changes, "nor is what a member tells anew")
	c.Unsubscribe(w.now, "red")
	w.settle()
	assert.True(t, wanted["red"], "one still wants it")
	w.kill(b)
	w.run(3 * time.Minute) // the window of one that may be away only
	assert.Equal(t, map[string]bool{"before": false, "red": false}, wanted)
	a.Follow(nil)
	w.subscribe(c, "later")
	assert.NotContains(t, wanted, "later")
}

// applyWhole is as if p told all that it wants once more.
func (s *testNode) applyWhole(p Peer, channels ...string) {
	_ = s.applySnapshot(s.members[p], frame.Snapshot{First: true, Last: true, Channels: channels}) // it is within limits
}
