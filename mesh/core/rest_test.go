package core

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRestingChangesNothing holds Tick to what it would do if it looked at every member
// each time, and two runs to each other: for the same calls a Node does the same.
func TestRestingChangesNothing(t *testing.T) {
	trace := func(restless bool) (lines []string) {
		s := &scenario{world: newWorld(t, 5), sent: map[Peer]int{}}
		step := func(d time.Duration) {
			for end := s.now + d; s.now < end; {
				if restless {
					for _, n := range s.nodes {
						clear(n.rests)
					}
				}
				s.load(TickEvery)
				for _, n := range s.nodes {
					lines = append(lines, fmt.Sprint(s.now, n.peer, n.said, n.Stats(), n.Members(), n.WindowBytes()))
				}
			}
		}
		for _, n := range s.nodes {
			s.listen(n)
		}
		step(2 * time.Second)
		s.cutLink(s.nodes[0], s.nodes[1])
		step(3 * time.Second)
		s.partition(true)
		step(12 * time.Second)
		s.partition(false)
		s.heal(s.nodes[0], s.nodes[1])
		step(8 * time.Second)
		s.kill(s.nodes[4])
		step(5 * time.Second)
		s.nodes[3].Leave()
		s.settle()
		s.kill(s.nodes[3])
		step(2 * time.Second)
		return lines
	}
	want := trace(true)
	got := trace(false)
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i], got[i])
	}
	require.Equal(t, got, trace(false))
}

func TestTheWindowsAreCounted(t *testing.T) {
	w := newWorld(t, 3)
	for _, n := range w.nodes[1:] {
		w.subscribe(n, "a")
	}
	w.run(time.Second)
	a := w.nodes[0]
	require.Zero(t, a.WindowBytes())
	for _, n := range w.nodes[1:] {
		w.cutLink(a, n)
	}
	w.publish(a, "a", big(1000))
	require.Greater(t, a.WindowBytes(), 2000)
	w.kill(w.nodes[1])
	w.kill(w.nodes[2])
	w.run(3 * time.Minute)
	require.Zero(t, a.WindowBytes(), "the replay window is over")
}
