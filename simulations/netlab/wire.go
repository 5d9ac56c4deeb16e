//go:build linux

package netlab

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"

	sim "github.com/signalmesh/signalmesh/simulations/scenario"
)

// A Wire carries IPv4 packets among hosts. It is a switch in this process, so that
// every fault of a network can be had on any kernel, and from a seed: netem and
// packet filters are not everywhere.
type Wire struct {
	readers sync.WaitGroup

	mu    sync.Mutex // guards what follows
	hosts map[netip.Addr]*Host
	cut   map[[2]*Host]bool // no packet passes, in this direction
	rand  *rand.Rand
	bad   Weather
	paths map[[2]*Host]Weather // where there is one, it counts instead of bad

	carried, lost int // packets; lost is by the weather
	bytes         int // of all packets, with an Ethernet header each
	lateness      []time.Duration
}

// ethernet is the header that packets of this wire lack, in bytes.
const ethernet = 14

// A Weather has the loss and the delay of every packet.
type Weather struct {
	Loss          float64       // of packets, from 0 to 1
	Delay, Spread time.Duration // each packet takes delay ± spread, so they overtake each other
}

// NewWire returns a wire whose random choices come from a seed.
func NewWire(seed uint64) *Wire {
	return &Wire{hosts: map[netip.Addr]*Host{}, cut: map[[2]*Host]bool{}, rand: rand.New(rand.NewPCG(seed, 1))}
}

// Attach connects a host, until that is closed.
func (w *Wire) Attach(h *Host) {
	w.Place(h)
	w.readers.Go(func() {
		buf := make([]byte, 64<<10)
		for {
			n, err := h.tun.Read(buf)
			if err != nil {
				return
			}
			w.carry(h, buf[:n])
		}
	})
}

// Place makes a host known at the address that it has now, and only there.
func (w *Wire) Place(h *Host) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for addr, other := range w.hosts {
		if other == h {
			delete(w.hosts, addr)
		}
	}
	w.hosts[h.Addr] = h
}

// Wait returns when all hosts are closed.
func (w *Wire) Wait() { w.readers.Wait() }

// Block stops what goes between two hosts, in both directions, without telling
// either. Unblock lets it pass again.
func (w *Wire) Block(a, b *Host)   { w.SetCut(a, b, true) }
func (w *Wire) Unblock(a, b *Host) { w.SetCut(a, b, false) }

func (w *Wire) SetCut(a, b *Host, cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut[[2]*Host{a, b}], w.cut[[2]*Host{b, a}] = cut, cut
}

func (w *Wire) IsCut(a, b *Host) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cut[[2]*Host{a, b}]
}

// Turn changes the weather. The zero value is fine.
func (w *Wire) Turn(bad Weather) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bad = bad
}

// Follow gives each pair of hosts the path that a scenario has for it.
func (w *Wire) Follow(s *sim.Scenario, hosts []*Host) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.paths = map[[2]*Host]Weather{}
	for i, a := range hosts {
		for j, b := range hosts {
			p := s.Path(s.RegionOf(i), s.RegionOf(j))
			w.paths[[2]*Host{a, b}] = Weather{
				Loss: p.Loss, Delay: s.LatencyOf(i, j) + p.Jitter/2, Spread: p.Jitter / 2,
			}
		}
	}
}

// SentBytes returns the number of bytes that were sent so far.
func (w *Wire) SentBytes() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bytes
}

// late notes by how much a packet was later than it should have been, because this
// machine was busy. Only what follows a scenario is looked at.
func (w *Wire) late(by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.paths != nil {
		w.lateness = append(w.lateness, by)
	}
}

// Packets returns the numbers of packets that were carried and lost so far.
func (w *Wire) Packets() (carried, lost int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.carried, w.lost
}

// Lateness is by how much packets were later than they should have been, because this
// machine was busy.
func (w *Wire) Lateness() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.lateness)
}

// carry takes a packet from a host to where it is addressed to. It keeps no
// reference to it.
func (w *Wire) carry(from *Host, packet []byte) {
	to, delay := w.judge(from, packet)
	switch {
	case to == nil:
	case delay == 0:
		_, _ = to.tun.Write(packet) // a host that is full or closed loses it, as hosts do
	default:
		packet = append([]byte(nil), packet...)
		due := time.Now().Add(delay)
		time.AfterFunc(delay, func() {
			w.late(time.Since(due))
			_, _ = to.tun.Write(packet)
		})
	}
}

// judge says who gets a packet, if anybody does, and how long that takes.
func (w *Wire) judge(from *Host, packet []byte) (to *Host, delay time.Duration) {
	const header, version4 = 20, 4
	if len(packet) < header || packet[0]>>4 != version4 {
		return nil, 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	to = w.hosts[destination(packet)]
	w.bytes += len(packet) + ethernet
	bad := w.bad
	if p, ok := w.paths[[2]*Host{from, to}]; ok {
		bad = p
	}
	switch {
	case to == nil || w.cut[[2]*Host{from, to}]:
		return nil, 0
	case w.rand.Float64() < bad.Loss:
		w.lost++
		return nil, 0
	}
	w.carried++
	delay = bad.Delay
	if bad.Spread > 0 {
		delay += time.Duration(w.rand.Int64N(int64(2*bad.Spread))) - bad.Spread
	}
	return to, delay
}

// destination is where an IPv4 packet is addressed to (RFC 791, section 3.1).
func destination(packet []byte) netip.Addr {
	return netip.AddrFrom4([4]byte(packet[16:20]))
}
