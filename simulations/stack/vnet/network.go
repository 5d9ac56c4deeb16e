package vnet

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"
)

// grain is what times of arrival are rounded to, up or down. Packets that arrive within
// it are handled in one instant, and what they wake runs on all processors: to go
// on to the next instant costs as much as a packet.
const grain = 5 * time.Microsecond

// A Path is what packets from one host to another meet.
type Path struct {
	Latency time.Duration // of every packet
	Jitter  time.Duration // what a packet may take longer, uniformly drawn
	Loss    float64       // share of packets, 0 to 1
	Rate    float64       // bytes a second of this pair alone; 0: no limit
	Cut     bool          // nothing passes
}

// A Network carries packets among hosts. Its methods may be called concurrently.
type Network struct {
	path func(from, to netip.Addr) Path

	mu     sync.Mutex // guards all that follows, and all hosts and sockets
	rand   *rand.Rand
	hosts  map[netip.Addr]*Host
	pairs  map[[2]netip.Addr]*queue
	events events
	serial uint64
	timer  *time.Timer
	next   int64 // when timer fires, in nanoseconds since 1970
	closed bool
	ended  sync.WaitGroup
	seen   Seen

	begin   time.Time // of the load
	length  time.Duration
	zones   int
	between []uint64 // bytes from zone to zone
}

// Seen is what packets met, to be held against what their paths were set to.
type Seen struct {
	Packets, Lost uint64  // Lost by Path.Loss only
	LossSet       float64 // sum over Packets
	Arrived       uint64
	Latency       time.Duration // sum over Arrived, of the time on the way, without queues
	LatencySet    time.Duration // the same by Path, jitter at its mean
}

// New makes a network whose paths are what path says at the time of each packet. path
// is called with the network locked and may not call it.
func New(source rand.Source, path func(from, to netip.Addr) Path) *Network {
	n := &Network{
		path: path, rand: rand.New(source), hosts: map[netip.Addr]*Host{}, pairs: map[[2]netip.Addr]*queue{},
		timer: time.NewTimer(0),
	}
	n.ended.Go(n.run)
	return n
}

// Close ends the network and every connection in it.
func (n *Network) Close() {
	n.mu.Lock()
	for _, h := range n.hosts {
		h.abort(false)
	}
	n.closed = true
	n.timer.Reset(0)
	n.mu.Unlock()
	n.ended.Wait()
}

// Seen says what packets met so far.
func (n *Network) Seen() Seen {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.seen
}

// Reset ends the connections between hosts for which match is true, at once and on
// both sides, as a firewall does that answers for the other side.
func (n *Network) Reset(match func(a, b netip.Addr) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, h := range n.hosts {
		for s := range h.sockets {
			if match(s.host.addr, s.peer.host.addr) {
				s.fail(errReset)
			}
		}
	}
}

// signal makes sure that whoever waits for c looks again.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// A queue is a line that carries so many bytes a second, one packet after the other.
type queue struct {
	rate  float64 // bytes a second; 0: no limit
	free  time.Time
	gauge gauge
}

// take says when the last bit of a packet has passed that came at a time.
func (q *queue) take(at time.Time, bytes int) time.Time {
	if q.rate <= 0 {
		return at
	}
	if q.free.Before(at) {
		q.free = at
	}
	began := q.free
	q.free = q.free.Add(time.Duration(float64(bytes) / q.rate * float64(time.Second)))
	q.gauge.add(began, q.free)
	return q.free
}

// A line is the last one to a host, whose rate may change while packets wait.
type line struct {
	rate    float64   // bytes a second; 0: no limit
	free    time.Time // when the last bit of those before has passed
	gauge   gauge
	waiting []inbound
}

type inbound struct {
	bytes  int
	arrive func(now time.Time)
}

// put has a packet wait until those before it are through.
func (l *line) put(n *Network, now time.Time, p inbound) {
	if l.rate <= 0 && len(l.waiting) == 0 {
		p.arrive(now)
		return
	}
	if l.free.Before(now) {
		l.free = now
	}
	if len(l.waiting) > 0 {
		l.waiting = append(l.waiting, p)
		return
	}
	if l.pass(p); l.near(now) {
		p.arrive(now)
		return
	}
	l.waiting = append(l.waiting, p)
	n.plan(l.free.Round(grain), func(now time.Time) { l.serve(n, now) })
}

// pass has the line be busy with a packet.
func (l *line) pass(p inbound) {
	if l.rate > 0 {
		began := l.free
		l.free = l.free.Add(time.Duration(float64(p.bytes) / l.rate * float64(time.Second)))
		l.gauge.add(began, l.free)
	}
}

// near tells whether it is free as good as now.
func (l *line) near(now time.Time) bool { return l.free.Sub(now) <= grain/2 }

// serve has the first packet arrive, and those that are through as good as now.
func (l *line) serve(n *Network, now time.Time) {
	for {
		p := l.waiting[0]
		l.waiting[0] = inbound{}
		l.waiting = l.waiting[1:]
		p.arrive(now)
		if len(l.waiting) == 0 {
			l.waiting = nil
			return
		}
		if l.pass(l.waiting[0]); !l.near(now) {
			n.plan(l.free.Round(grain), func(now time.Time) { l.serve(n, now) })
			return
		}
	}
}

// send carries a packet from one host to another and has arrive run there, unless it
// is lost. The caller holds mu.
func (n *Network) send(from, to *Host, bytes int, arrive func(now time.Time)) {
	now := time.Now()
	from.counts.SentBytes += uint64(bytes)
	from.counts.SentPackets++
	if n.zones > 0 {
		n.between[from.zone*n.zones+to.zone] += uint64(bytes)
	}
	p := n.path(from.addr, to.addr)
	n.seen.Packets++
	n.seen.LossSet += p.Loss
	if p.Loss > 0 && n.rand.Float64() < p.Loss {
		n.seen.Lost++
		return
	}
	latency := p.Latency
	if p.Jitter > 0 {
		latency += time.Duration(n.rand.Int64N(int64(p.Jitter)))
	}
	gone := n.pair(from, to, p.Rate).take(from.up.take(now, bytes), bytes)
	n.plan(gone.Add(latency).Round(grain), func(now time.Time) {
		if p.Cut || n.path(from.addr, to.addr).Cut {
			return
		}
		n.seen.Arrived++
		n.seen.Latency += now.Sub(gone)
		n.seen.LatencySet += p.Latency + p.Jitter/2
		to.down.put(n, now, inbound{bytes, func(now time.Time) {
			to.counts.ReceivedBytes += uint64(bytes)
			to.counts.ReceivedPackets++
			arrive(now)
		}})
	})
}

func (n *Network) pair(from, to *Host, rate float64) *queue {
	if rate <= 0 {
		return &queue{}
	}
	key := [2]netip.Addr{from.addr, to.addr}
	q := n.pairs[key]
	if q == nil {
		q = &queue{gauge: gauge{begin: n.begin, length: n.length}}
		n.pairs[key] = q
	}
	q.rate = rate
	return q
}

// roundTrip is what a packet and its answer take at least.
func (n *Network) roundTrip(a, b *Host) time.Duration {
	return n.path(a.addr, b.addr).Latency + n.path(b.addr, a.addr).Latency
}
