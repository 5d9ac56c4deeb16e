package core

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

func TestInterestIsBounded(t *testing.T) {
	w := newWorld(t, 2, func(o *Options) { o.MaxInterest = 10 * (channelCost + 4) })
	a, b := w.nodes[0], w.nodes[1]
	for i := range 10 {
		w.subscribe(a, "ch-"+strconv.Itoa(i))
	}
	_, err := a.Subscribe(w.now, "ch-x")
	require.ErrorIs(t, err, ErrInterest, "the application is told before others take offence")
	a.Unsubscribe(w.now, "ch-0")
	w.subscribe(a, "ch-x")
	require.Equal(t, 10, b.members[a.peer].channels.len())

	next := b.members[a.peer].in.next
	more := frame.AppendInterest(nil, frame.Interest{Channel: "one too many"})
	assert.ErrorIs(t, b.Frame(w.now, a.peer, &frame.Data{First: next, Records: [][]byte{more}}), ErrViolation)

	w = newWorld(t, 2, func(o *Options) { o.MaxInterest = 1000 })
	a, b = w.nodes[0], w.nodes[1]
	names := make([]string, 100)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	whole := frame.AppendSnapshot(nil, frame.Snapshot{First: true, Channels: names})
	next = b.members[a.peer].in.next
	assert.ErrorIs(t, b.Frame(w.now, a.peer, &frame.Data{First: next, Records: [][]byte{whole}}), ErrViolation, "nor a snapshot that never ends")
}

func TestMembersAreBounded(t *testing.T) {
	w := newWorld(t, 3, func(o *Options) { o.MaxMembers = 2 })
	a := w.nodes[0]
	h := w.nodes[1].Hello(a.peer)
	h.Member.Epoch = 99
	assert.ErrorIs(t, a.Welcome(w.now, "n99", h), ErrFull)
	assert.ErrorIs(t, a.Topic(w.now, "n99", 1, &frame.Announce{Member: h.Member}), ErrFull)
	assert.Len(t, a.Members(), 2)
}
