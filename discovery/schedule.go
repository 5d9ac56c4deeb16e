package discovery

import (
	"math/rand/v2"
	"time"
)

const (
	maxGrown   = 30 * time.Second // the longest pause that grows by itself
	probeEvery = 30 * time.Second // between looks for parts of the mesh that are not connected to this one
)

// A schedule decides how long to wait after each walk that found nobody. It keeps
// no clock: its owner waits.
type schedule struct {
	policy Policy // completed
	rand   *rand.Rand
	walks  int           // in this fast phase
	grown  time.Duration // the last pause between fast phases, if they grow
}

// restart begins with a fast phase and forgets how far the pauses have grown.
func (s *schedule) restart() { s.walks, s.grown = 0, 0 }

// next is the pause after one more walk.
func (s *schedule) next() time.Duration {
	s.walks++
	if s.walks < s.policy.Retries {
		return s.jitter(s.policy.Interval)
	}
	s.walks = 0
	if s.policy.Delay > 0 {
		return s.jitter(s.policy.Interval) + s.policy.Delay
	}
	s.grown = min(max(2*s.grown, s.policy.Interval), max(maxGrown, s.policy.Interval))
	return s.jitter(s.grown)
}

// jitter is d give or take 20 %, so that nodes which lost each other at the same
// moment do not dial at the same moment.
func (s *schedule) jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*s.rand.Float64()))
}
