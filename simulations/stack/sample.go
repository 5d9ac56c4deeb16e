package stack

import (
	"time"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/stack/vnet"
)

// A tally is what is measured once a second, and what counters were at the beginning
// and the end of the load.
type tally struct {
	windows []uint64      // by node: the most that was kept for others
	links   []int         // by node, now
	base    []vnet.Counts // by node, when the load began
	end     []vnet.Counts // by node, when it ended
	sent    uint64        // bytes, by all, until the last sample

	firstCopies, lastCopies copies // on the topic, when the load began and ended

	// Bytes between regions: when the load began and ended, after half of drain, and at the
	// end.
	traffic [4][]uint64
}

// sample takes a sample at the end of each virtual second, until the run is over.
func (w *world) sample(tell func(result.Progress)) {
	total := w.s.Warmup.D() + w.s.Duration.D() + w.s.Drain.D()
	w.tally.windows = make([]uint64, len(w.lives))
	for at := -w.s.Warmup.D() + time.Second; ; at += time.Second {
		if !w.sleepUntil(at) {
			return
		}
		w.takeSample(at)
		w.mu.Lock()
		p := result.Progress{Virtual: at + w.s.Warmup.D(), Of: total}
		p.Published, p.Delivered = w.book.Counts()
		w.mu.Unlock()
		tell(p)
	}
}

func (w *world) takeSample(at time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tally.links = make([]int, len(w.lives))
	s := result.Sample{Members: len(w.lives)}
	for node, l := range w.lives {
		if l == nil {
			continue
		}
		s.Living++
		window, members := uint64(0), 0
		for _, t := range l.topics {
			if t == nil {
				continue
			}
			for _, m := range t.Members() {
				window += uint64(m.Bytes)
				if m.Linked {
					w.tally.links[node]++
				}
				if m.State == "alive" {
					members++
				}
			}
		}
		s.Links += w.tally.links[node]
		s.Members = min(s.Members, members)
		s.WindowBytes += window
		w.tally.windows[node] = max(w.tally.windows[node], window)
	}
	s.Links /= 2 // each was counted at both ends
	var sent uint64
	counts := w.counts()
	for _, c := range counts {
		sent += c.SentBytes
	}
	w.markTraffic(at)
	if at <= 0 {
		w.tally.base = counts
		if at > -time.Second { // to count them is dear
			w.tally.firstCopies = w.copies()
		}
	}
	if at <= w.s.Duration.D() {
		w.tally.end = counts
		if at > w.s.Duration.D()-time.Second {
			w.tally.lastCopies = w.copies()
		}
	}
	s.SentBytes, w.tally.sent = sent-w.tally.sent, sent
	w.book.Sample(s)
}

// counts are what each node's lives sent and received so far. The caller holds mu.
func (w *world) counts() []vnet.Counts {
	counts := make([]vnet.Counts, len(w.lives))
	for _, l := range w.all {
		c, sum := l.host.Counts(), &counts[l.node]
		sum.SentBytes += c.SentBytes
		sum.SentPackets += c.SentPackets
		sum.ReceivedBytes += c.ReceivedBytes
		sum.ReceivedPackets += c.ReceivedPackets
	}
	return counts
}

// markTraffic notes what was sent between regions, at the times that a result compares.
func (w *world) markTraffic(at time.Duration) {
	between, end := w.net.Between(), w.s.Duration.D()
	for i, last := range []time.Duration{0, end, end + w.s.Drain.D()/2, end + w.s.Drain.D()} {
		if at <= last {
			w.tally.traffic[i] = between
		}
	}
}
