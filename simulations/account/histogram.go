package account

import (
	"math/bits"
	"time"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// precision is how many buckets there are between a time and its double: 128, so
// that percentiles are at most 0.8 % too large.
const precision = 7

// A histogram counts times. The zero value is empty.
type histogram struct {
	buckets []uint32
	count   uint64
	sum     float64 // of nanoseconds
	max     time.Duration
}

func (h *histogram) add(d time.Duration) { h.addMany(d, 1) }

// addMany adds the same time n times.
func (h *histogram) addMany(d time.Duration, n uint32) {
	if n == 0 {
		return
	}
	d = max(d, 0)
	i := bucketOf(uint64(d))
	for len(h.buckets) <= i {
		h.buckets = append(h.buckets, make([]uint32, i+1-len(h.buckets))...)
	}
	h.buckets[i] += n
	h.count += uint64(n)
	h.sum += float64(d) * float64(n)
	h.max = max(h.max, d)
}

// bucketOf numbers the ranges of times: exact ones below 128 ns, then 128 for each
// doubling.
func bucketOf(v uint64) int {
	shift := max(0, bits.Len64(v)-precision-1)
	return shift<<precision + int(v>>shift)
}

// upper is the largest time of a bucket.
func upper(i int) time.Duration {
	shift := max(0, i>>precision-1)
	v := uint64(i) - uint64(shift)<<precision
	return time.Duration((v+1)<<shift - 1)
}

// at is the time that a share of the observations did not exceed.
func (h *histogram) at(share float64) time.Duration {
	want := uint64(share*float64(h.count) + 0.999999)
	var seen uint64
	for i, n := range h.buckets {
		if seen += uint64(n); seen >= want && seen > 0 {
			return min(upper(i), h.max)
		}
	}
	return h.max
}

func (h *histogram) reset() {
	clear(h.buckets)
	h.count, h.sum, h.max = 0, 0, 0
}

// points is how many points a CDF has at the most.
const points = 200

func (h *histogram) latency() result.Latency {
	if h.count == 0 {
		return result.Latency{}
	}
	l := result.Latency{
		Count: h.count, P50MS: ms(h.at(0.5)), P90MS: ms(h.at(0.9)), P99MS: ms(h.at(0.99)), P999MS: ms(h.at(0.999)), MaxMS: ms(h.max),
		MeanMS: round(h.sum / float64(h.count) / 1e6),
	}
	used := 0
	for _, n := range h.buckets {
		if n > 0 {
			used++
		}
	}
	every, kept := float64(used)/points, 0.0
	var seen uint64
	nth := 0
	for i, n := range h.buckets {
		if n == 0 {
			continue
		}
		seen += uint64(n)
		if nth++; float64(nth) >= kept+every || seen == h.count {
			kept += max(every, 1)
			l.CDF = append(l.CDF, result.Point{MS: ms(min(upper(i), h.max)), Share: float64(seen) / float64(h.count)})
		}
	}
	return l
}

func ms(d time.Duration) float64 { return round(float64(d) / 1e6) }

// round keeps microseconds' thousandths out of reports.
func round(v float64) float64 { return float64(int64(v*1e4+0.5)) / 1e4 }
