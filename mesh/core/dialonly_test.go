package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Members do not dial a node without an address. The node makes its links itself, also
// after they were lost. Members do not count it as a server.
func TestANodeThatOnlyDialsMakesItsLinks(t *testing.T) {
	w := newWorld(t, 3)
	onlyDials := func(o *Options) { o.Member.Addrs = nil }
	a, b := w.start(onlyDials), w.start(onlyDials)
	servers := w.nodes[:3]
	w.run(3 * time.Second)
	check := func() {
		for _, p := range []*testNode{a, b} {
			for _, s := range servers {
				assert.True(t, p.links[s.peer], "%s to %s", p.peer, s.peer)
			}
			assert.False(t, p.links[a.peer] || p.links[b.peer], "neither can dial the other")
			assert.Equal(t, Standing{Alive: 3}, p.Standing())
		}
		for _, s := range servers {
			assert.Equal(t, Standing{Alive: 2}, s.Standing(), "%s", s.peer)
		}
	}
	check()
	for _, s := range servers {
		w.disconnect(a, s)
	}
	for _, s := range servers {
		for _, at := range []time.Duration{100 * time.Millisecond, time.Second} {
			w.run(at)
			assert.Empty(t, s.Standing().Round, "its lost link is no fault of the mesh")
		}
	}
	w.run(5 * time.Second)
	check()
	require.NotEmpty(t, servers)
}
