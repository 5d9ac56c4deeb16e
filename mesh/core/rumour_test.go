package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

func announceOf(epoch uint64) *frame.Announce {
	return &frame.Announce{Member: frame.Member{Epoch: epoch, Name: "far", Addrs: []string{"addr-far"}}}
}

func TestTheLastWordsOfTheDeadMakeNoMember(t *testing.T) {
	w := newWorld(t, 2)
	s := w.nodes[0]
	for number := range uint64(3) { // as a newcomer hears the topic's last heartbeats
		require.NoError(t, s.Topic(w.now, "far", number+1, announceOf(99)))
		w.now += 300 * time.Millisecond
	}
	assert.Equal(t, Left, s.State("far"))
	assert.Contains(t, s.hints, Peer("far"), "it is dialled, to see")
}

func TestWhoSaidGoodbyeIsNoMemberEvenIfItIsHeardFirstAfterwards(t *testing.T) {
	w := newWorld(t, 2)
	s := w.nodes[0]
	bye := announceOf(99)
	bye.Leaving = true
	require.NoError(t, s.Topic(w.now, "far", 8, bye))
	w.now += 2 * lastWord
	require.NoError(t, s.Topic(w.now, "far", 7, announceOf(99)))
	assert.Equal(t, Left, s.State("far"))
}

func TestWhoIsHeardForLongerThanLastWordsTakeIsAMember(t *testing.T) {
	w := newWorld(t, 2)
	s := w.nodes[0]
	require.NoError(t, s.Topic(w.now, "far", 1, announceOf(99)))
	w.now += lastWord + TickEvery
	require.NoError(t, s.Topic(w.now, "far", 2, announceOf(99)))
	assert.Equal(t, Alive, s.State("far"))
	assert.Empty(t, s.rumours)
}

func TestRumoursAreBoundedAndForgotten(t *testing.T) {
	w := newWorld(t, 1)
	s := w.nodes[0]
	for i := range maxHints + 10 {
		assert.True(t, s.rumoured(w.now, Peer(rune(i+1)), 1))
	}
	assert.Len(t, s.rumours, maxHints)
	w.now += rumourKept + TickEvery
	s.Tick(w.now)
	assert.Empty(t, s.rumours)
}
