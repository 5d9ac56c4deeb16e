package signalr

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReplayHoldsWhatIsNotAcknowledged(t *testing.T) {
	for _, test := range []struct {
		name         string
		acks         []int64
		oldest, size int
	}{
		{"nothing", nil, 1, 50},
		{"some", []int64{2}, 3, 30},
		{"twice", []int64{2, 2}, 3, 30},
		{"backwards", []int64{4, 2}, 5, 10},
		{"all", []int64{5}, 6, 0},
		{"more than there are", []int64{6}, 6, 0},
		{"far more", []int64{math.MaxInt64}, 6, 0},
		{"zero", []int64{0}, 1, 50},
		{"negative", []int64{-1, math.MinInt64}, 1, 50},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := replay{limit: 100}
			for range 5 {
				r.hold(make([]byte, 10))
			}
			for _, n := range test.acks {
				r.acknowledge(n)
			}
			assert.EqualValues(t, test.oldest, r.oldest())
			assert.Equal(t, test.size, r.size)
			assert.EqualValues(t, 5, r.last)
			frames, _ := r.unwritten()
			assert.Len(t, frames, 5-test.oldest+1)
		})
	}
}

func TestReplayIsFullAboveItsLimit(t *testing.T) {
	r := replay{limit: 100}
	r.hold(make([]byte, 100))
	assert.True(t, r.roomy(), "at the limit, one more may overshoot")
	r.hold(make([]byte, 1000))
	assert.False(t, r.roomy())
	r.acknowledge(1)
	assert.False(t, r.roomy())
	r.acknowledge(2)
	assert.True(t, r.roomy())
}

// The example of section 22.6 of the reference.
func TestReplayBeginsWithTheOldestUnacknowledged(t *testing.T) {
	var server, client replay
	for n := range 8 {
		server.hold([]byte{byte(n + 1)})
	}
	server.wrote(7)
	for range 7 {
		assert.True(t, client.receive())
	}
	server.acknowledge(5)
	frames, last := server.unwritten()
	assert.Equal(t, [][]byte{{8}}, frames)
	assert.EqualValues(t, 8, last)
	server.rewind()
	assert.EqualValues(t, 6, server.oldest())
	frames, _ = server.unwritten()
	assert.Equal(t, [][]byte{{6}, {7}, {8}}, frames)

	require.NoError(t, client.sequence(6))
	assert.Equal(t, []bool{false, false, true}, []bool{client.receive(), client.receive(), client.receive()})
	assert.True(t, client.owesAck())
	assert.EqualValues(t, 8, client.ack())
	assert.False(t, client.owesAck())
}

func TestReplayTakesSequencesUpToTheNextMessage(t *testing.T) {
	var r replay
	require.NoError(t, r.sequence(1))
	assert.Error(t, r.sequence(2))
	r.receive()
	require.NoError(t, r.sequence(2))
	assert.ErrorIs(t, r.sequence(3), errSequence)
	assert.ErrorIs(t, r.sequence(math.MaxInt64), errSequence)
	require.NoError(t, r.sequence(math.MinInt64))
	assert.False(t, r.receive(), "a duplicate")
	assert.True(t, r.receive())
}

func TestReplayAcknowledgesAgainAfterDuplicates(t *testing.T) {
	var r replay
	assert.False(t, r.owesAck())
	r.receive()
	assert.EqualValues(t, 1, r.ack())
	require.NoError(t, r.sequence(1))
	assert.False(t, r.owesAck())
	r.receive()
	assert.True(t, r.owesAck())
	assert.EqualValues(t, 1, r.ack())
	assert.False(t, r.owesAck())
}

// An end is one side of a link whose sockets are queues: what it writes, and when
// it looks at what came, is up to the test.
type end struct {
	replay
	said int
	got  []string
	wire []packet // to the other side
}

// A packet is what crosses a socket.
type packet struct {
	kind  byte // 's' for Sequence, 'a' for Ack, 'm' for a message
	n     int64
	frame []byte
}

func (e *end) say() {
	if !e.roomy() {
		return
	}
	e.said++
	e.hold(fmt.Append(nil, e.said))
	e.write()
}

func (e *end) write() {
	frames, last := e.unwritten()
	for _, frame := range frames {
		e.wire = append(e.wire, packet{kind: 'm', frame: frame})
	}
	e.wrote(last)
}

func (e *end) take(p packet) error {
	switch p.kind {
	case 's':
		return e.sequence(p.n)
	case 'a':
		e.acknowledge(p.n)
	case 'm':
		if e.receive() {
			e.got = append(e.got, string(p.frame))
		}
	}
	return nil
}

// reattach loses what is on its way and begins a new socket.
func reattach(ends *[2]end) {
	for i := range ends {
		e := &ends[i]
		e.rewind()
		e.wire = []packet{{kind: 's', n: e.oldest()}}
		e.write()
	}
}

// TestReplaysLoseAndRepeatNothing cuts sockets at any moment and expects that all
// that was said is heard once, in order.
func TestReplaysLoseAndRepeatNothing(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 0))
		ends := [2]end{{replay: replay{limit: 20}}, {replay: replay{limit: 20}}}
		step := func() {
			i := random.IntN(2)
			e, other := &ends[i], &ends[1-i]
			switch n := random.IntN(100); {
			case n < 40:
				e.say()
			case n < 85:
				if len(other.wire) > 0 {
					p := other.wire[0]
					other.wire = other.wire[1:]
					require.NoError(t, e.take(p), "seed %d", seed)
				}
			case n < 97:
				if e.owesAck() {
					e.wire = append(e.wire, packet{kind: 'a', n: e.ack()})
				}
			default:
				reattach(&ends)
			}
		}
		for range 1000 {
			step()
			for i := range ends {
				e := &ends[i]
				if e.oldest() > ends[1-i].processed+1 || e.size > 20+4+4*maxSpared {
					require.FailNow(t, "something unheard is forgotten, or too much held", "seed %d", seed)
				}
			}
		}
		reattach(&ends)
		for i := range ends {
			for _, p := range ends[1-i].wire {
				require.NoError(t, ends[i].take(p), "seed %d", seed)
			}
			var want []string
			for n := range ends[1-i].said {
				want = append(want, fmt.Sprint(n+1))
			}
			require.True(t, slices.Equal(want, ends[i].got), "seed %d", seed)
		}
	}
}
