package stack

import (
	"net/netip"
	"slices"
	"sync"

	"github.com/signalmesh/signalmesh/simulations/scenario"
	"github.com/signalmesh/signalmesh/simulations/stack/vnet"
)

// bitsPerByte turns a bandwidth into bytes a second.
const bitsPerByte = 8

// paths are the ways between nodes, with what faults make of them. It may be used
// concurrently.
type paths struct {
	s *scenario.Scenario

	mu      sync.RWMutex
	regular [][]vnet.Path // by node, from and to
	faults  []*pathFault  // the last one wins
	now     [][]vnet.Path
}

// A pathFault changes the paths for which it touches both ends.
type pathFault struct {
	touches func(a, b int) bool
	change  func(p *vnet.Path, a, b int)
}

func newPaths(s *scenario.Scenario) *paths {
	n := s.Nodes() + len(s.Joins())
	p := &paths{s: s, regular: make([][]vnet.Path, n), now: make([][]vnet.Path, n)}
	for a := range n {
		p.regular[a], p.now[a] = make([]vnet.Path, n), make([]vnet.Path, n)
		for b := range n {
			way := s.Path(s.RegionOf(a), s.RegionOf(b))
			p.regular[a][b] = vnet.Path{
				Latency: way.Latency.Of(s.Seed, a, b), Jitter: way.Jitter, Loss: way.Loss, Rate: float64(way.Bandwidth) / bitsPerByte,
			}
		}
		copy(p.now[a], p.regular[a])
	}
	return p
}

// between is what vnet asks for.
func (p *paths) between(from, to netip.Addr) vnet.Path {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.now[nodeAt(from)][nodeAt(to)]
}

// begin has a fault change paths until its end, which is returned.
func (p *paths) begin(f *pathFault) (end func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, f)
	p.renew()
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.faults = slices.DeleteFunc(p.faults, func(other *pathFault) bool { return other == f })
		p.renew()
	}
}

func (p *paths) renew() {
	for a := range p.now {
		copy(p.now[a], p.regular[a])
		for b := range p.now[a] {
			for _, f := range p.faults {
				if f.touches(a, b) {
					f.change(&p.now[a][b], a, b)
				}
			}
		}
	}
}

// address is where a node is, in 10.0.0.0/8, and nodeAt the opposite.
func address(node int) netip.Addr {
	n := node + 1
	return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
}

func nodeAt(a netip.Addr) int {
	b := a.As4()
	return (int(b[1])<<16 | int(b[2])<<8 | int(b[3])) - 1
}

// degrade is what the fields that are set in n make of a path.
func degrade(seed uint64, n scenario.Network) func(p *vnet.Path, a, b int) {
	return func(p *vnet.Path, a, b int) {
		if n.Latency != nil {
			p.Latency = n.Latency.Of(seed, a, b)
		}
		if n.Jitter != nil {
			p.Jitter = n.Jitter.D()
		}
		if n.Loss != nil {
			p.Loss = float64(*n.Loss)
		}
		if n.Bandwidth != nil {
			p.Rate = float64(*n.Bandwidth) / bitsPerByte
		}
	}
}
