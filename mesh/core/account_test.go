package core

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNothingIsLostInSilence lets faults happen at random, from a seed, and holds
// the nodes to their account: in order, once, and for each ordered pair
// offered = delivered + reported lost.
func TestNothingIsLostInSilence(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { randomFaults(t, seed) })
	}
}

func randomFaults(t *testing.T, seed uint64) {
	small := seed%2 == 1 // every other time with a window that overflows
	w := newWorld(t, 4, func(o *Options) {
		if small {
			o.WindowBytes = 1500
		}
	})
	w.rand = rand.New(rand.NewPCG(seed, 3))
	for _, s := range w.nodes {
		w.subscribe(s, "all")
	}
	w.settle()
	sent := 0
	for range 300 {
		a, b := w.nodes[w.rand.IntN(4)], w.nodes[w.rand.IntN(4)]
		switch w.rand.IntN(9) {
		case 0:
			if a != b {
				w.cutLink(a, b)
			}
		case 1, 2:
			w.heal(a, b)
		case 3:
			w.stall[pair(a.peer, b.peer)] = !w.stall[pair(a.peer, b.peer)]
		case 4:
			w.lossy = float64(w.rand.IntN(5)) / 10
		case 5:
			a.idle = !a.idle
		case 6:
			w.run(time.Duration(w.rand.IntN(15)) * TickEvery)
		}
		for _, s := range w.nodes {
			for range w.rand.IntN(4) {
				if !s.idle {
					s.publish("all", strconv.Itoa(sent))
				}
			}
		}
		sent++
		w.settle()
	}
	w.lossy = 0
	clear(w.stall)
	clear(w.cut)
	for _, s := range w.nodes {
		s.idle = false
	}
	w.run(30 * time.Second)
	balance(t, w, small)
}

func balance(t *testing.T, w *world, lossesAreFine bool) {
	for _, r := range w.nodes {
		for _, s := range w.nodes {
			if r == s {
				continue
			}
			out, in := s.members[r.peer].out, r.members[s.peer].in
			require.Equal(t, out.next, in.next, "%s got all there is of %s", r.peer, s.peer)
			require.Equal(t, out.next, out.base, "and said so")
			last, delivered := -1, 0
			for _, m := range r.got[s.peer] {
				var number int
				if _, err := fmt.Sscanf(m, "all=%d", &number); err == nil {
					require.GreaterOrEqual(t, number, last, "order")
					last = number
					delivered++
				}
			}
			assert.EqualValues(t, in.delivered, delivered)
			assert.Equal(t, in.lost, r.lost[s.peer], "every loss was reported")
			if !lossesAreFine {
				assert.Zero(t, in.lost)
			}
		}
		var offered, taken, lost uint64
		st := r.Stats()
		offered = st.Offered
		for _, o := range w.nodes {
			if o != r {
				in := o.members[r.peer].in
				taken += in.delivered
				lost += in.lost
			}
		}
		if lossesAreFine {
			assert.GreaterOrEqual(t, taken+lost, offered, "lost counts interest too")
		} else {
			assert.Equal(t, offered, taken)
		}
	}
}
