package stack

import (
	"fmt"
	"math"
	"slices"

	"github.com/signalmesh/signalmesh/simulations/account"
	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/stack/vnet"
)

// settle says what came out, when the run is over and everything still stands.
func (w *world) settle() result.Result {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lives {
		if l != nil {
			w.away(l)
		}
	}
	r := w.book.Settle()
	r.Mode = result.Stack
	r.Command = fmt.Sprintf("signalmesh sim run %s --stack --seed %d", w.s.Name, w.s.Seed)
	r.VirtualSeconds = (w.s.Warmup.D() + w.s.Duration.D() + w.s.Drain.D()).Seconds()
	r.PeakMemoryBytes = memory()
	w.serve(&r)
	w.fillTraffic(&r)
	w.fillPaths(&r)
	r.Bottleneck = r.Narrowest()
	sent, duplicates := w.tally.lastCopies.sent-w.tally.firstCopies.sent, w.tally.lastCopies.duplicates-w.tally.firstCopies.duplicates
	r.Gossip = result.Gossip{Received: sent - min(sent, duplicates), Duplicates: duplicates}
	r.Checks = checks(w)
	r.Limits = limits
	return r
}

// away enters what l keeps for others that it cannot reach.
func (w *world) away(l *life) {
	for _, t := range l.topics {
		if t == nil {
			continue
		}
		for _, m := range t.Members() {
			if n, ok := w.numbers[m.Peer]; ok && m.State != "alive" && !m.Dead {
				w.book.Away(n, l.number, m.Dropped, uint64(m.Waiting))
			}
		}
	}
}

// serve fills in what each node sent and received while the load ran.
func (w *world) serve(r *result.Result) {
	byName := map[string]int{}
	for node := range w.lives {
		byName[account.Name(node)] = node
	}
	for i := range r.Servers {
		s := &r.Servers[i]
		node := byName[s.Name]
		end, base := w.tally.end[node], w.tally.base[node]
		s.SentBytes, s.ReceivedBytes = end.SentBytes-base.SentBytes, end.ReceivedBytes-base.ReceivedBytes
		s.SentMessages, s.ReceivedMessages = end.SentPackets-base.SentPackets, end.ReceivedPackets-base.ReceivedPackets
		s.Up, s.Down = w.lastHost(node).Use()
		s.WindowPeakBytes, s.Links = w.tally.windows[node], w.tally.links[node]
		if s.PayloadBytes > 0 {
			s.Amplification = float64(s.SentBytes) / float64(s.PayloadBytes)
		}
	}
}

// checks compares what packets met with what their paths were set to.
func checks(w *world) []result.Check {
	seen := w.net.Seen()
	arrived := float64(max(seen.Arrived, 1))
	set, got := seen.LatencySet.Seconds()*1e3/arrived, seen.Latency.Seconds()*1e3/arrived
	lossSet, loss := 100*seen.LossSet/float64(max(seen.Packets, 1)), 100*float64(seen.Lost)/float64(max(seen.Packets, 1))
	// The lost are binomially distributed; 5 deviations are never exceeded by chance.
	allowed := 5 * 100 * math.Sqrt(seen.LossSet) / float64(max(seen.Packets, 1))
	return []result.Check{
		{Name: "latency of packets", Set: set, Measured: got, Unit: "ms", OK: math.Abs(got-set) <= 0.02*set+0.001},
		{Name: "loss of packets", Set: lossSet, Measured: loss, Unit: "%", OK: math.Abs(loss-lossSet) <= allowed},
	}
}

// limits are what a run cannot tell.
var limits = []string{
	"Computing takes no virtual time: latencies are those of the network and of the program's own timers, and nothing is said of CPU.",
	"Bytes are everything on the wire: frames and topic messages in yamux, Noise, TCP, IP and Ethernet, with acknowledgements, keep-alives and handshakes; messages sent and received of a server are packets.",
	"The run cannot be repeated to the byte: goroutines, keys, peer IDs and GossipSub's choices are random.",
	"The road that a message took is not known, nor whether it was repaired.",
	"A paused node's clock goes on, which that of a stopped process does not; all it cannot do is send and receive.",
	"Closing a connection and switch queues are simplified: a queue delays and never drops.",
}

// lastHost is the host of the last life of a node.
func (w *world) lastHost(node int) *vnet.Host {
	for _, l := range slices.Backward(w.all) {
		if l.node == node {
			return l.host
		}
	}
	return nil
}

// fillTraffic fills in the traffic between regions.
func (w *world) fillTraffic(r *result.Result) {
	marks, quiet := w.tally.traffic, (w.s.Drain.D() / 2).Seconds()
	for i := range r.Traffic {
		t := &r.Traffic[i]
		t.Bytes = marks[1][i] - marks[0][i]
		if quiet >= 1 {
			t.IdleBitsPerSecond = 8 * float64(marks[3][i]-marks[2][i]) / quiet
		}
	}
}

// fillPaths fills in the utilisation of connections that have a limited bandwidth.
func (w *world) fillPaths(r *result.Result) {
	n := len(w.s.Regions)
	paths := make([]result.Path, n*n)
	for _, pair := range w.net.Pairs() {
		from, to := nodeAt(pair.From.Addr()), nodeAt(pair.To.Addr())
		a, b := w.s.RegionOf(from), w.s.RegionOf(to)
		p := &paths[a*n+b]
		p.From, p.To = w.s.Regions[a].Name, w.s.Regions[b].Name
		p.Connections++
		if p.Connections == 1 || pair.Use.Peak > p.Busiest.Peak {
			p.Busiest, p.Name = pair.Use, account.Name(from)+" to "+account.Name(to)
		}
	}
	r.Paths = slices.DeleteFunc(paths, func(p result.Path) bool { return p.Connections == 0 })
}
