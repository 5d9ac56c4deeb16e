//go:build linux

package main

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// A histogram counts durations in buckets that are at most 1/32 wide of what is in
// them. It may be added to concurrently.
type histogram struct {
	buckets [64 * subBuckets]atomic.Uint64
}

const (
	subBits    = 5
	subBuckets = 1 << subBits
)

func bucketOf(d time.Duration) int {
	v := uint64(max(d, 0))
	if v < subBuckets {
		return int(v)
	}
	shift := bits.Len64(v) - subBits - 1
	return (shift+1)<<subBits + int(v>>shift) - subBuckets
}

// middleOf is a duration in the middle of a bucket.
func middleOf(bucket int) time.Duration {
	if bucket < subBuckets {
		return time.Duration(bucket)
	}
	shift := bucket>>subBits - 1
	low := (uint64(bucket&(subBuckets-1)) + subBuckets) << shift
	return time.Duration(low + uint64(1)<<shift/2)
}

func (h *histogram) add(d time.Duration) { h.buckets[bucketOf(d)].Add(1) }

// Counts are the buckets of a histogram that are not empty.
type Counts map[int]uint64

func (h *histogram) counts() Counts {
	c := Counts{}
	for i := range h.buckets {
		if n := h.buckets[i].Load(); n > 0 {
			c[i] = n
		}
	}
	return c
}

// merge adds other to c.
func (c Counts) merge(other Counts) {
	for bucket, n := range other {
		c[bucket] += n
	}
}

// quantile returns the duration that a share q of all are not above; zero if there
// are none.
func (c Counts) quantile(q float64) time.Duration {
	var total, below uint64
	last := 0
	for bucket, n := range c {
		total += n
		last = max(last, bucket)
	}
	if total == 0 {
		return 0
	}
	for bucket := range last + 1 {
		if below += c[bucket]; float64(below) >= q*float64(total) {
			return middleOf(bucket)
		}
	}
	return middleOf(last)
}
