package scenario

import (
	"fmt"
	"slices"
	"time"
)

// maxRate is how many messages a second a load may have.
const maxRate = 1e6

// rates checks how many messages a load has, and how they spread over time.
func (c *checker) rates(path string, l Load) {
	switch {
	case len(l.Trace) > 0:
		c.trace(path, l)
	case !(l.Rate > 0 && l.Rate <= maxRate):
		c.wrong(path, "rate: %v messages a second is not above 0 and at most 1000000; write for example rate: 50", l.Rate)
	case l.Ramp != 0 && !(l.Ramp > 0 && l.Ramp <= maxRate):
		c.wrong(path, "ramp: %v messages a second is not above 0 and at most 1000000; write for example ramp: 500", l.Ramp)
	}
	if l.Arrivals != Random && l.Arrivals != Even {
		c.wrong(path+".arrivals", "%q is neither random nor even; write one of them", l.Arrivals)
	}
}

// trace checks the points of a recorded rate.
func (c *checker) trace(path string, l Load) {
	if l.Rate != 0 || l.Ramp != 0 {
		c.wrong(path, "a trace has the rates; take rate: and ramp: out, or the trace")
	}
	most := 0.0
	for i, p := range l.Trace {
		at := fmt.Sprintf("%s.trace[%d]", path, i)
		if !(p.Rate >= 0 && p.Rate <= maxRate) {
			c.wrong(at, "rate: %v messages a second is not from 0 to 1000000", p.Rate)
		}
		if i > 0 && p.At <= l.Trace[i-1].At {
			c.wrong(at, "at: %v is not after the point before it; sort the points by time", p.At)
		}
		most = max(most, p.Rate)
	}
	if most == 0 {
		c.wrong(path+".trace", "no point has a rate above 0; take the load out, or write the rates")
	}
}

// RateAt is how many messages a second a load has, some time after its beginning. length is
// how long it lasts.
func (l Load) RateAt(at, length time.Duration) float64 {
	points := l.Trace
	switch {
	case len(points) > 0:
	case l.Ramp > 0:
		points = []RatePoint{{0, l.Rate}, {Duration(length), l.Ramp}}
	default:
		return l.Rate
	}
	for i, p := range points {
		if at >= p.At.D() {
			continue
		}
		if i == 0 {
			return p.Rate
		}
		before := points[i-1]
		share := float64(at-before.At.D()) / float64(p.At-before.At)
		return before.Rate + share*(p.Rate-before.Rate)
	}
	return points[len(points)-1].Rate
}

// MeanRate is how many messages a second a load has on average. length is how long it
// lasts.
func (l Load) MeanRate(length time.Duration) float64 {
	if len(l.Trace) == 0 && l.Ramp == 0 || length <= 0 {
		return l.Rate
	}
	const steps = 1000
	sum := 0.0
	for i := range steps {
		sum += l.RateAt(length*time.Duration(2*i+1)/(2*steps), length)
	}
	return sum / steps
}

// PeakRate is the highest rate of a load.
func (l Load) PeakRate() float64 {
	most := max(l.Rate, l.Ramp)
	for _, p := range l.Trace {
		most = max(most, p.Rate)
	}
	return most
}

// scaled is a load whose rates are all multiplied by a factor.
func (l Load) scaled(by float64) Load {
	l.Rate *= by
	l.Ramp *= by
	l.Trace = slices.Clone(l.Trace)
	for i := range l.Trace {
		l.Trace[i].Rate *= by
	}
	return l
}
