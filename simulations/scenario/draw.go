package scenario

import "time"

// LatencyOf is the latency between two nodes, counted from 0: that which the pair draws
// from the range of its path. Every way to run a scenario has the same.
func (s *Scenario) LatencyOf(a, b int) time.Duration {
	return s.Path(s.RegionOf(a), s.RegionOf(b)).Latency.Of(s.Seed, a, b)
}

// Of draws the duration of a pair of nodes, the same in both directions.
func (r Range) Of(seed uint64, a, b int) time.Duration {
	draw := mix(seed ^ mix(uint64(min(a, b))<<32|uint64(max(a, b))))
	return r.Min + time.Duration(draw%uint64(r.Max-r.Min+1))
}

// mix is the finaliser of SplitMix64: it makes one number look like a random one.
func mix(v uint64) uint64 {
	v += 0x9e3779b97f4a7c15
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}
