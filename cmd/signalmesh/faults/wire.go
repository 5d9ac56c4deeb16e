//go:build linux

package main

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	sim "github.com/signalmesh/signalmesh/simulations/scenario"
)

// A wire carries IPv4 packets among hosts. It is a switch in this process, so that
// every fault of a network can be had on any kernel, and from a seed: netem and
// packet filters are not everywhere.
type wire struct {
	readers sync.WaitGroup

	mu    sync.Mutex // guards what follows
	hosts map[netip.Addr]*host
	cut   map[[2]*host]bool // no packet passes, in this direction
	rand  *rand.Rand
	bad   weather
	paths map[[2]*host]weather // where there is one, it counts instead of bad

	carried, lost int // packets; lost is by the weather
	bytes         int // of all packets, with an Ethernet header each
	lateness      []time.Duration
}

// ethernet is the header that packets of this wire lack, in bytes.
const ethernet = 14

// A weather is what may happen to every packet.
type weather struct {
	loss          float64       // of packets, from 0 to 1
	delay, spread time.Duration // each packet takes delay ± spread, so they overtake each other
}

func newWire(seed uint64) *wire {
	return &wire{hosts: map[netip.Addr]*host{}, cut: map[[2]*host]bool{}, rand: rand.New(rand.NewPCG(seed, 1))}
}

// attach connects a host, until that is closed.
func (w *wire) attach(h *host) {
	w.place(h)
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

// place makes a host known at the address that it has now, and only there.
func (w *wire) place(h *host) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for addr, other := range w.hosts {
		if other == h {
			delete(w.hosts, addr)
		}
	}
	w.hosts[h.addr] = h
}

// wait returns when all hosts are closed.
func (w *wire) wait() { w.readers.Wait() }

// block stops what goes between two hosts, in both directions, without telling
// either. unblock lets it pass again.
func (w *wire) block(a, b *host)   { w.setCut(a, b, true) }
func (w *wire) unblock(a, b *host) { w.setCut(a, b, false) }

func (w *wire) setCut(a, b *host, cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut[[2]*host{a, b}], w.cut[[2]*host{b, a}] = cut, cut
}

func (w *wire) isCut(a, b *host) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cut[[2]*host{a, b}]
}

// turn changes the weather. The zero value is fine.
func (w *wire) turn(bad weather) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bad = bad
}

// follow gives each pair of hosts the path that a scenario has for it.
func (w *wire) follow(s *sim.Scenario, hosts []*host) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.paths = map[[2]*host]weather{}
	for i, a := range hosts {
		for j, b := range hosts {
			p := s.Path(s.RegionOf(i), s.RegionOf(j))
			w.paths[[2]*host{a, b}] = weather{
				loss: p.Loss, delay: s.LatencyOf(i, j) + p.Jitter/2, spread: p.Jitter / 2,
			}
		}
	}
}

// sentBytes says how much was sent so far.
func (w *wire) sentBytes() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bytes
}

// late notes by how much a packet was later than it should have been, because this
// machine was busy. Only what follows a scenario is looked at.
func (w *wire) late(by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.paths != nil {
		w.lateness = append(w.lateness, by)
	}
}

// packets says how many were carried so far, and how many the weather lost.
func (w *wire) packets() (carried, lost int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.carried, w.lost
}

// carry takes a packet from a host to where it is addressed to. It keeps no
// reference to it.
func (w *wire) carry(from *host, packet []byte) {
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
func (w *wire) judge(from *host, packet []byte) (to *host, delay time.Duration) {
	const header, version4 = 20, 4
	if len(packet) < header || packet[0]>>4 != version4 {
		return nil, 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	to = w.hosts[destination(packet)]
	w.bytes += len(packet) + ethernet
	bad := w.bad
	if p, ok := w.paths[[2]*host{from, to}]; ok {
		bad = p
	}
	switch {
	case to == nil || w.cut[[2]*host{from, to}]:
		return nil, 0
	case w.rand.Float64() < bad.loss:
		w.lost++
		return nil, 0
	}
	w.carried++
	delay = bad.delay
	if bad.spread > 0 {
		delay += time.Duration(w.rand.Int64N(int64(2*bad.spread))) - bad.spread
	}
	return to, delay
}

// destination is where an IPv4 packet is addressed to (RFC 791, section 3.1).
func destination(packet []byte) netip.Addr {
	return netip.AddrFrom4([4]byte(packet[16:20]))
}
