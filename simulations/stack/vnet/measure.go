package vnet

import (
	"net/netip"
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/simulations/account"
	"github.com/signalmesh/signalmesh/simulations/result"
)

// A gauge measures what a line carries while the load runs.
type gauge struct {
	account.Meter
	begin  time.Time
	length time.Duration
}

// add notes that the line is busy from one time to another.
func (g *gauge) add(from, to time.Time) {
	if g.length > 0 {
		g.Add(from.Sub(g.begin), to.Sub(g.begin), g.length)
	}
}

// use returns the utilisation of a line that carries rate bytes a second.
func (g *gauge) use(rate float64) result.Use { return g.Use(8*rate, g.length) }

// Measure has the network measure what its lines carry during a load, and count the bytes
// between zones of hosts, of which there are some number. It must be called before Host.
func (n *Network) Measure(begin time.Time, length time.Duration, zones int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.begin, n.length, n.zones = begin, length, zones
	n.between = make([]uint64, zones*zones)
}

// Between are the bytes that were sent so far, from zone to zone: a row for each that sends.
func (n *Network) Between() []uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.between)
}

// SetZone places the host into a zone, counted from 0.
func (h *Host) SetZone(zone int) {
	h.n.mu.Lock()
	defer h.n.mu.Unlock()
	h.zone = zone
}

// Addr is the address of the host.
func (h *Host) Addr() netip.Addr { return h.addr }

// Use is how much of its line the host used, sending and receiving.
func (h *Host) Use() (up, down result.Use) {
	h.n.mu.Lock()
	defer h.n.mu.Unlock()
	return h.up.gauge.use(h.upRate), h.down.gauge.use(h.downRate)
}

// A Pair is the utilisation of a path between two hosts that has a limited rate.
type Pair struct {
	From, To *Host
	Use      result.Use
}

// Pairs returns the paths with a limited rate that carried packets.
func (n *Network) Pairs() []Pair {
	n.mu.Lock()
	defer n.mu.Unlock()
	var pairs []Pair
	for key, q := range n.pairs {
		if from, to := n.hosts[key[0]], n.hosts[key[1]]; from != nil && to != nil {
			pairs = append(pairs, Pair{from, to, q.gauge.use(q.rate)})
		}
	}
	slices.SortFunc(pairs, func(a, b Pair) int {
		if c := a.From.addr.Compare(b.From.addr); c != 0 {
			return c
		}
		return a.To.addr.Compare(b.To.addr)
	})
	return pairs
}
