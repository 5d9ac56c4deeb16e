package discovery

import (
	"fmt"
	"strings"

	"github.com/multiformats/go-multiaddr"

	"github.com/signalmesh/signalmesh/discovery/ncconf"
)

// A Mapping knows the public addresses of servers behind a NAT. The zero Mapping
// changes nothing. It does not change once made and may be used concurrently.
type Mapping struct {
	public map[string]multiaddr.Multiaddr // by private host:port
}

// NewMapping makes a Mapping of the end points of a cache; the first one of a
// private address counts.
func NewMapping(points []ncconf.EndPoint) (Mapping, error) {
	m := Mapping{public: make(map[string]multiaddr.Multiaddr, len(points))}
	for _, p := range points {
		addr, err := tcpAddr(p.PublicHost, p.PublicPort)
		if err != nil {
			return Mapping{}, fmt.Errorf("%v: end point %s: %w", p.Origin, p, err)
		}
		if key := strings.ToLower(p.Private()); m.public[key] == nil {
			m.public[key] = addr
		}
	}
	return m, nil
}

// Public is the address to dial in place of addr, which may be one that a peer
// advertises. What stands behind the port, such as a peer ID, is kept.
func (m Mapping) Public(addr multiaddr.Multiaddr) multiaddr.Multiaddr {
	public, ok := m.public[strings.ToLower(hostPort(addr))]
	if !ok {
		return addr
	}
	for i, c := range addr {
		if c.Protocol().Code == multiaddr.P_TCP {
			return public.Encapsulate(addr[i+1:])
		}
	}
	return public
}
