package core

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

func TestAnIdleLinkCarriesAHeartbeatASecondAndNothingElse(t *testing.T) {
	w := newWorld(t, 3)
	w.run(3 * time.Second)
	a, b := w.nodes[0], w.nodes[1]
	frames := 0
	for range 100 {
		w.now += TickEvery
		a.Tick(w.now)
		for next := a.Next(w.now, b.peer, nil); len(next) > 0; next = a.Next(w.now, b.peer, nil) {
			frames++
			head := a.head(a.members[b.peer])
			require.Equal(t, len(frame.Append(nil, &head)), len(next))
		}
	}
	assert.Equal(t, 10, frames)
}

func TestAnAcknowledgementTravelsWithTheHeartbeat(t *testing.T) {
	w := newWorld(t, 2)
	a, b := w.nodes[0], w.nodes[1]
	w.subscribe(b, "all")
	w.run(3 * time.Second)
	a.publish("all", "x")
	w.settle()
	waiting := func() int { return a.Members()[0].Waiting }
	require.Equal(t, 1, waiting())
	w.run(1100 * time.Millisecond)
	assert.Zero(t, waiting())

	a.publish("all", big(ackBytes))
	w.settle()
	assert.Zero(t, waiting(), "so much is acknowledged at once")
}

func TestInACrowdSomeLinksAreEnough(t *testing.T) {
	w := newWorld(t, 40, func(o *Options) { o.FullMesh = 32 })
	w.run(20 * time.Second)
	links, least := 0, 40
	for _, s := range w.nodes {
		require.Len(t, s.Members(), 39)
		links += s.linked()
		least = min(least, s.linked())
		w.subscribe(s, "all")
	}
	assert.GreaterOrEqual(t, least, 8)
	assert.Less(t, links, 40*39*2/3, "who is dialled by many has more")
	w.run(5 * time.Second)

	said := topicMessages(w)
	for i := range 20 {
		for _, s := range w.nodes[:4] {
			s.publish("all", strconv.Itoa(i))
		}
		w.run(250 * time.Millisecond)
	}
	w.run(10 * time.Second)
	for _, s := range w.nodes {
		for _, o := range w.nodes[:4] {
			if s != o {
				require.Equal(t, numbered("all", 0, 20), s.got[o.peer])
			}
		}
		for _, m := range s.Members() {
			require.Zero(t, m.Waiting, "%s of %s", s.peer, m.Peer)
		}
	}
	// 80 messages; of 40 nodes an Announce every 2 s, and for acknowledgements and probes a
	// Relay every 500 ms at the most, in 15 s.
	assert.Less(t, topicMessages(w)-said, uint64(80+40*8+40*30))
}

func topicMessages(w *world) uint64 {
	sum := uint64(0)
	for _, s := range w.nodes {
		sum += s.said
	}
	return sum
}

func TestARelayForManyFitsIntoATopicMessage(t *testing.T) {
	w := newWorld(t, 1)
	s := w.nodes[0]
	for i := range 300 {
		m := s.join(w.now, Peer(strconv.Itoa(i)), &frame.Member{Epoch: uint64(1000 + i)})
		m.longRoad = true
	}
	for i := range 4000 {
		s.publish("all", strconv.Itoa(i))
	}
	records := 0
	for {
		relay := s.nextRelay(w.now)
		if relay == nil {
			break
		}
		b := frame.AppendTopic(nil, relay)
		require.LessOrEqual(t, len(b), frame.MaxTopic)
		msg, err := frame.ParseTopic(b)
		require.NoError(t, err)
		for _, r := range msg.(*frame.Relay).Records {
			records += len(r.To)
		}
	}
	assert.Equal(t, 300*4001, records, "messages, and the interest of this node")
}
