package account

import (
	"time"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// A Meter measures how long a line is busy, in whole seconds of the load's time. The zero
// value is a line that was never busy. It is not safe for concurrent use.
type Meter struct {
	second     int64 // that is being measured
	busy       time.Duration
	total      time.Duration
	peak       time.Duration
	peakSecond int64
}

// Add notes that the line is busy from one time to another, counted from the beginning of
// the load, of which what lies within 0 and length is counted. Intervals must not overlap,
// and must be added in the order of their times.
func (m *Meter) Add(from, to, length time.Duration) {
	from, to = max(from, 0), min(to, length)
	for from < to {
		second := int64(from / time.Second)
		if second != m.second {
			m.close()
			m.second = second
		}
		until := min(to, time.Duration(second+1)*time.Second)
		m.busy += until - from
		m.total += until - from
		from = until
	}
}

// close ends the second that is being measured.
func (m *Meter) close() {
	if m.busy > m.peak {
		m.peak, m.peakSecond = m.busy, m.second
	}
	m.busy = 0
}

// Use returns the utilisation of a line with a capacity in bits a second, during a load of
// some length.
func (m *Meter) Use(capacity float64, length time.Duration) result.Use {
	m.close()
	u := result.Use{BitsPerSecond: capacity}
	if capacity <= 0 || length <= 0 {
		return u
	}
	u.Mean = m.total.Seconds() / length.Seconds()
	last := min(time.Second, length-time.Duration(m.peakSecond)*time.Second) // the last second may be short
	u.Peak, u.PeakSecond = m.peak.Seconds()/last.Seconds(), int(m.peakSecond)
	return u
}
