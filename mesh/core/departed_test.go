package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

func TestWhoSaysGoodbyeHasDeparted(t *testing.T) {
	w := newWorld(t, 3)
	a, b := w.nodes[0], w.nodes[1]
	m := b.members[a.peer]
	require.False(t, m.Departed())
	assert.Equal(t, "n01", m.Record().Name)
	a.Leave()
	w.settle()
	assert.True(t, m.Departed())
}

func TestWhoDiesHasNotDeparted(t *testing.T) {
	w := newWorld(t, 3)
	a, b := w.nodes[0], w.nodes[1]
	m := b.members[a.peer]
	w.kill(a)
	w.run(2 * time.Second)
	require.Equal(t, Gone, m.state)
	assert.False(t, m.Departed())
	assert.Less(t, m.LastAlive(), w.now)
}

func TestALateGoodbyeOfTheDeadCounts(t *testing.T) {
	w := newWorld(t, 3)
	a, b := w.nodes[0], w.nodes[1]
	m := b.members[a.peer]
	w.kill(a)
	w.run(2 * time.Second)
	require.True(t, m.tomb)
	var states []State
	b.shell = told{b, &states}
	require.NoError(t, b.Topic(w.now, a.peer, a.said+1, &frame.Announce{Member: a.o.Member, Leaving: true}))
	assert.True(t, m.Departed())
	assert.Equal(t, []State{Left}, states)
}

// A told records the calls of Shell.Changed.
type told struct {
	*testNode
	states *[]State
}

func (s told) Changed(_ *Member, state State) { *s.states = append(*s.states, state) }
