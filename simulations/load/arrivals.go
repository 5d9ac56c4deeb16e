package load

import (
	"time"

	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// evenStep is how exactly the even arrivals of a changing rate are found.
const evenStep = 10 * time.Millisecond

// advance goes on to the time of the next burst.
func (s *stream) advance() {
	switch {
	case s.load.Arrivals == scenario.Even:
		s.next = s.even()
	case len(s.load.Trace) == 0 && s.load.Ramp == 0:
		s.next += s.pause()
	default:
		s.next = s.thinned()
	}
}

// pause is a random time between two bursts at the highest rate: they are a Poisson process.
func (s *stream) pause() time.Duration {
	seconds := s.rand.ExpFloat64() * float64(s.burst) / s.peak
	return time.Duration(min(seconds, 1e6) * float64(time.Second))
}

// thinned is the time of the next burst of a Poisson process whose rate changes: of one with
// the highest rate, each burst is kept with the probability that the rate is of the highest
// (Lewis and Shedler, 1979).
func (s *stream) thinned() time.Duration {
	at := s.next
	for at < s.end {
		at += s.pause()
		if s.rand.Float64()*s.peak < s.rateAt(at) {
			break
		}
	}
	return at
}

// even is the time at which as many messages have become due as a burst has.
func (s *stream) even() time.Duration {
	if len(s.load.Trace) == 0 && s.load.Ramp == 0 {
		return s.next + time.Duration(float64(s.burst)/s.peak*float64(time.Second))
	}
	due, at := 0.0, s.next
	for at < s.end {
		rate := s.rateAt(at + evenStep/2)
		if more := rate * evenStep.Seconds(); due+more < float64(s.burst) {
			due += more
			at += evenStep
			continue
		}
		return at + time.Duration((float64(s.burst)-due)/rate*float64(time.Second))
	}
	return at
}

// rateAt is the rate at a time of the load.
func (s *stream) rateAt(at time.Duration) float64 {
	return s.load.RateAt(at-s.began, s.end-s.began)
}
