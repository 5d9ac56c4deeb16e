package virtual

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// A measure is what the simulated network really did, to be held against what it was
// told to do.
type measure struct {
	set, took      time.Duration // sums over all parcels that arrived
	squares        float64       // of the differences between the two, in ns²
	parcels        uint64
	segments, lost uint64
	expected       float64 // segments that should have been lost
}

func (m *measure) path(set, took time.Duration) {
	m.set += set
	m.took += took
	m.squares += float64(took-set) * float64(took-set)
	m.parcels++
}

// result closes the books.
func (w *world) result() result.Result {
	for _, h := range w.hosts {
		if h.life == nil {
			continue
		}
		for _, s := range h.life.seats {
			if s != nil {
				w.settle(s)
			}
		}
	}
	w.collect()
	for _, c := range w.conns {
		w.meterPipes(c)
	}
	r := w.book.Settle()
	r.Broken = slices.Concat(r.Broken, w.judgeWindow(r.Account), w.judgeOrphans(), w.judgeQuiet(r.Timeline))
	r.Mode, r.Events = result.Core, w.events
	r.VirtualSeconds = w.now.Seconds()
	for i := range r.Servers {
		s := &r.Servers[i]
		h := w.hostOf(s.Name)
		s.SentBytes, s.ReceivedBytes, s.SentMessages, s.ReceivedMessages = h.SentBytes, h.ReceivedBytes, h.SentMessages, h.ReceivedMessages
		s.WindowPeakBytes = h.WindowPeakBytes
		if h.life != nil {
			for _, seat := range h.life.seats {
				if seat != nil {
					s.Links += seat.linked
				}
			}
		}
		if s.PayloadBytes > 0 {
			s.Amplification = float64(s.SentBytes) / float64(s.PayloadBytes)
		}
	}
	for _, t := range w.topics {
		r.Gossip.Published += t.published
		r.Gossip.Received += t.received
		r.Gossip.Duplicates += t.duplicates
		r.Gossip.Repaired += t.repaired
		r.Gossip.Bytes += t.bytes
	}
	w.fillTraffic(&r)
	w.fillUse(&r)
	r.Checks = w.checks(r)
	return r
}

func (w *world) hostOf(name string) *host {
	var node int
	_, _ = fmt.Sscanf(name, "node-%d", &node)
	return w.hosts[node-1]
}

// settle tells the book what a seat still keeps, or gave up, for those it cannot reach.
func (w *world) settle(s *seat) {
	s.waits = len(s.unpublished) > 0
	s.refuseAll()
	for _, m := range s.core.Members() {
		if m.Dropped > 0 || m.Waiting > 0 {
			w.book.Away(w.byPeer[m.Peer].id, s.life.id, m.Dropped, uint64(m.Waiting))
		}
	}
}

// checks holds the model against its settings and the account against itself.
func (w *world) checks(r result.Result) []result.Check {
	t := r.Account[len(r.Account)-1]
	sum := t.Delivered + t.ReportedLost + t.Waiting + t.Ended + t.Unaccounted
	checks := []result.Check{{Name: "the account balances", Set: float64(t.Offered), Measured: float64(sum), Unit: "messages", OK: t.Offered == sum}}
	if m := w.measure; m.parcels > 0 {
		set, took := float64(m.set)/float64(m.parcels)/1e6, float64(m.took)/float64(m.parcels)/1e6
		byChance := sigmas * math.Sqrt(m.squares) / float64(m.parcels) / 1e6
		ok := near(set, took, 0.02) || math.Abs(took-set) <= byChance
		checks = append(checks, result.Check{Name: "mean latency of a path, one way", Set: set, Measured: took, Unit: "ms", OK: ok})
	}
	if m := w.measure; m.expected >= 100 {
		set, lost := 100*m.expected/float64(m.segments), 100*float64(m.lost)/float64(m.segments)
		ok := near(set, lost, max(0.3, sigmas/math.Sqrt(m.expected)))
		checks = append(checks, result.Check{Name: "packets lost", Set: set, Measured: lost, Unit: "%", OK: ok})
	}
	return checks
}

// sigmas is how many standard errors a mean of random values may differ from what was
// set. With 5, one check in a million fails by chance.
const sigmas = 5

func near(a, b, tolerance float64) bool {
	return b >= a*(1-tolerance)-0.001 && b <= a*(1+tolerance)+0.001
}
