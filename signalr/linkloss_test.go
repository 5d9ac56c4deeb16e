package signalr

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/require"
)

// A wanderer is a roamer that keeps count as an official client does, and whose
// socket may be lost at any moment.
type wanderer struct {
	*roamer
	replay
	random *rand.Rand
	got    []string
}

func (w *wanderer) say(n int) {
	frame, err := w.protocol.Append(nil, protocol.Invocation{Target: "ToAll", Arguments: []any{fmt.Sprint(n)}})
	require.NoError(w.t, err)
	w.hold(frame)
	w.ws.WriteMessage(2, frame) // it may be lost
}

// take takes what comes, until done holds. A socket that is lost is replaced.
func (w *wanderer) take(done func() bool) {
	for !done() {
		body, rest, err := w.protocol.Split(w.rest, 0)
		require.NoError(w.t, err)
		if body == nil {
			f := w.frame()
			if f.err != nil {
				w.goOn()
				continue
			}
			w.rest = append(w.rest, f.data...)
			continue
		}
		w.rest = rest
		m, err := w.protocol.Parse(body)
		require.NoError(w.t, err)
		w.heed(m)
	}
}

func (w *wanderer) heed(m protocol.Message) {
	switch m := m.(type) {
	case protocol.Ack:
		w.acknowledge(m.SequenceID)
	case protocol.Sequence:
		require.NoError(w.t, w.sequence(m.SequenceID))
	case protocol.Invocation:
		if w.receive() {
			w.got = append(w.got, w.text(m))
		}
		if w.random.IntN(3) == 0 {
			w.send(protocol.Ack{SequenceID: w.ack()})
		}
	}
}

// lose cuts the socket, sometimes in the middle of a message, or forgets it as a
// network does.
func (w *wanderer) lose() {
	if w.random.IntN(2) == 0 {
		w.ws.WriteMessage(2, []byte(`{"type":1,"target":"To`))
	}
	if w.random.IntN(2) == 0 {
		w.cut()
	}
	w.goOn()
}

// goOn opens another socket and repeats what has not been acknowledged.
func (w *wanderer) goOn() {
	w.comeBack()
	first := w.next().(protocol.Sequence) // before anything else
	require.NoError(w.t, w.sequence(first.SequenceID))
	w.roamer.send(protocol.Sequence{SequenceID: w.oldest()})
	for _, frame := range w.held {
		w.ws.WriteMessage(2, frame)
	}
}

func TestNothingIsLostOrRepeatedWhenSocketsAreLostAtRandom(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		const messages, seeds = 60, 5
		for seed := range uint64(seeds) {
			one, two, _ := startTwo(t, stateful)
			random := rand.New(rand.NewPCG(seed, 0))
			w := &wanderer{roamer: one.roam(p, ""), random: random}
			elsewhere := two.Hub("/hub").Clients(t.Context()).All()
			var want []string
			for n := range messages {
				w.say(n)
				want = append(want, fmt.Sprint(n))
				require.NoError(t, elsewhere.Send("hear", fmt.Sprint("b", n)))
				if random.IntN(5) == 0 {
					w.lose()
				}
			}
			w.take(func() bool { return len(w.got) == 2*messages })
			var own, others []string
			for _, text := range w.got {
				if text[0] == 'b' {
					others = append(others, text[1:])
				} else {
					own = append(own, text)
				}
			}
			require.Equal(t, want, own, "seed %d", seed)
			require.Equal(t, want, others, "seed %d", seed)
		}
	})
}
