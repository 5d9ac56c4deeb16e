package discovery

import (
	"fmt"

	"github.com/multiformats/go-multiaddr"

	"github.com/signalmesh/signalmesh/discovery/appsettings"
	"github.com/signalmesh/signalmesh/discovery/diag"
	"github.com/signalmesh/signalmesh/discovery/ncconf"
)

// CacheSeeds are the servers of a cache of client.ncconf, in its order: each with
// its candidate ports, and private addresses as the public ones they are reached
// at. See [CachePolicy] for the order in which they are dialled.
func CacheSeeds(c *ncconf.Cache) ([]Seed, error) {
	m, err := NewMapping(c.EndPoints)
	if err != nil {
		return nil, err
	}
	var out []Seed
	for _, s := range c.Servers {
		seed := Seed{Origin: s.Origin}
		if s.LoadBalancer {
			seed.Balanced = c.LoadBalancerRetries.Value
		}
		for port := s.Port; port < s.Port+s.PortRange; port++ {
			addr, err := tcpAddr(s.Host, port)
			if err != nil {
				return nil, fmt.Errorf("%v: server %s: %w", s.Origin, s, err)
			}
			seed.Addrs = append(seed.Addrs, m.Public(addr))
		}
		out = append(out, seed)
	}
	return out, nil
}

// ListSeeds are the servers of NCacheConfiguration:ConnectionOptions:ServerList,
// which replace those of client.ncconf. Each keeps its own port.
func ListSeeds(list []appsettings.ServerAddress) ([]Seed, error) {
	var out []Seed
	for i, s := range list {
		host, port, err := ncconf.ParseHost(s.Name)
		if err != nil {
			return nil, fmt.Errorf("%sServerList:%d:Name %q %w", place(s.Origin), i, s.Name, err)
		}
		if port == 0 {
			port = s.Port
		}
		addr, err := tcpAddr(host, port)
		if err != nil {
			return nil, fmt.Errorf("%sServerList:%d: %w", place(s.Origin), i, err)
		}
		out = append(out, Seed{Addrs: []multiaddr.Multiaddr{addr}, Origin: s.Origin})
	}
	return out, nil
}

// place returns the beginning of a message about a value: where it was read, or "".
func place(o diag.Origin) string {
	if o.IsDefault() {
		return ""
	}
	return o.String() + ": "
}
