package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestAChannelWantedWhileAwayIsKnownAgain changes the interest of a member whose
// window was closed.
func TestAChannelWantedWhileAwayIsKnownAgain(t *testing.T) {
	w := newWorld(t, 2, func(o *Options) { o.WindowAge = 15 * time.Second })
	a, b := w.nodes[0], w.nodes[1]
	w.subscribe(b, "old")
	w.run(time.Second)
	w.cutLink(a, b)
	w.run(time.Minute)
	b.Unsubscribe(w.now, "old")
	w.subscribe(b, "new")
	w.heal(a, b)
	w.run(time.Minute)
	assert.Zero(t, w.publish(a, "old", "x"))
	assert.Equal(t, 1, w.publish(a, "new", "x"))
}
