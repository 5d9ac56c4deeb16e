package discovery

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/multiformats/go-multiaddr"

	"github.com/signalmesh/signalmesh/discovery/diag"
	"github.com/signalmesh/signalmesh/discovery/ncconf"
)

// DefaultPort is the port of a seed that names none.
const DefaultPort = ncconf.DefaultPort

// A Seed is where peers may be found. Which peer answers is not known before.
type Seed struct {
	// Addrs are dialled in this order until one answers, such as the candidate ports
	// of one host. Each is a host and a TCP port, with or without the peer ID that must
	// answer. If the host is a name, this is done for each IP address of the name.
	Addrs []multiaddr.Multiaddr
	// Balanced is set for a load balancer, behind which different peers answer: it is
	// the number of dials of each IP address, at most, to meet them all. Zero means an
	// ordinary address.
	Balanced int
	// Origin is where the seed was read, if it was read.
	Origin diag.Origin
}

// String is the first address as host:port.
func (s Seed) String() string {
	if len(s.Addrs) == 0 {
		return "no address"
	}
	return hostPort(s.Addrs[0])
}

// ParseSeed reads a seed as an operator writes it: a multiaddr over TCP, with or
// without /p2p/…, host:port, or a host alone, for which DefaultPort counts. A host
// is an IPv4 or IPv6 address or a name. A name is looked up before each round of
// dials: all its IPv4 and IPv6 addresses count, those of one family for /dns4 and
// /dns6. The error names the text and how to write it.
func ParseSeed(text string) (Seed, error) {
	trimmed := strings.TrimSpace(text)
	if strings.HasPrefix(trimmed, "/") {
		addr, err := parseMultiaddr(trimmed)
		if err != nil {
			return Seed{}, fmt.Errorf("seed %q %w", text, err)
		}
		return Seed{Addrs: []multiaddr.Multiaddr{addr}}, nil
	}
	if trimmed == "" {
		return Seed{}, fmt.Errorf("seed %q is empty; write host:port such as 10.0.0.1:%d", text, DefaultPort)
	}
	host, port, err := ncconf.ParseHost(trimmed)
	if err != nil {
		return Seed{}, fmt.Errorf("seed %q %w", text, err)
	}
	if start, ok := strings.CutSuffix(trimmed, ":"+strconv.Itoa(DefaultPort)); ok && strings.Count(start, ":") > 1 && port == 0 {
		// The IPv6 address of a pod or machine with :9800 behind it, most likely.
		return Seed{}, fmt.Errorf("seed %q could be %s with port %d, or an address without a port; write [%[2]s]:%[3]d or [%[4]s]:%[3]d",
			text, start, DefaultPort, trimmed)
	}
	if port == 0 {
		port = DefaultPort
	}
	addr, err := tcpAddr(host, port)
	if err != nil {
		return Seed{}, fmt.Errorf("seed %q: %w", text, err)
	}
	return Seed{Addrs: []multiaddr.Multiaddr{addr}}, nil
}

// parseMultiaddr reads a multiaddr that the mesh can dial: host, TCP port and
// perhaps a peer ID, nothing else. An error is the end of a sentence.
func parseMultiaddr(text string) (multiaddr.Multiaddr, error) {
	addr, err := multiaddr.NewMultiaddr(text)
	if err != nil {
		return nil, fmt.Errorf("is no multiaddr: %w; write one such as /ip4/10.0.0.1/tcp/%d", err, DefaultPort)
	}
	var host, tcp bool
	for i, c := range addr {
		switch code := c.Protocol().Code; code {
		case multiaddr.P_IP6ZONE:
			continue
		case multiaddr.P_IP4, multiaddr.P_IP6, multiaddr.P_DNS, multiaddr.P_DNS4, multiaddr.P_DNS6:
			if host {
				return nil, fmt.Errorf("names two hosts; write one")
			}
			host = true
		case multiaddr.P_UDP, multiaddr.P_QUIC, multiaddr.P_QUIC_V1:
			return nil, fmt.Errorf("is a UDP or QUIC address; the mesh speaks TCP: write /tcp/%d in place of it", DefaultPort)
		case multiaddr.P_TCP:
			if !host || tcp {
				return nil, fmt.Errorf("has its /tcp part in the wrong place; write one such as /ip4/10.0.0.1/tcp/%d", DefaultPort)
			}
			if c.Value() == "0" {
				return nil, fmt.Errorf("has port 0; expected 1 to 65535")
			}
			tcp = true
		case multiaddr.P_P2P:
			if !tcp || i != len(addr)-1 {
				return nil, fmt.Errorf("has its /p2p part in the wrong place; it comes last, behind /tcp/…")
			}
		default:
			return nil, fmt.Errorf("has /%s, which the mesh does not speak; write one such as /ip4/10.0.0.1/tcp/%d", c.Protocol().Name, DefaultPort)
		}
	}
	if !tcp {
		return nil, fmt.Errorf("has no TCP port; write %s/tcp/%d", strings.TrimSuffix(text, "/"), DefaultPort)
	}
	return addr, nil
}

// tcpAddr returns the multiaddr of a host, as ncconf.ParseHost returns it, and a port.
func tcpAddr(host string, port int) (multiaddr.Multiaddr, error) {
	tcp := "/tcp/" + strconv.Itoa(port)
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return multiaddr.NewMultiaddr("/dns/" + host + tcp)
	}
	addr, err := ipAddr(ip)
	if err != nil {
		return nil, err
	}
	rest, err := multiaddr.NewMultiaddr(tcp)
	if err != nil {
		return nil, err
	}
	return addr.Encapsulate(rest), nil
}

// ipAddr returns the multiaddr of an IP address, with its zone.
func ipAddr(ip netip.Addr) (multiaddr.Multiaddr, error) {
	host := ip.WithZone("").String()
	switch {
	case ip.Zone() != "":
		return multiaddr.NewMultiaddr("/ip6zone/" + ip.Zone() + "/ip6/" + host)
	case ip.Is6():
		return multiaddr.NewMultiaddr("/ip6/" + host)
	}
	return multiaddr.NewMultiaddr("/ip4/" + host)
}

// hostPort writes an address as host:port, or as itself if it has no TCP port.
func hostPort(addr multiaddr.Multiaddr) string {
	var host, zone string
	for _, c := range addr {
		switch c.Protocol().Code {
		case multiaddr.P_IP6ZONE:
			zone = "%" + c.Value()
		case multiaddr.P_IP4, multiaddr.P_IP6, multiaddr.P_DNS, multiaddr.P_DNS4, multiaddr.P_DNS6:
			host = c.Value() + zone
		case multiaddr.P_TCP:
			return net.JoinHostPort(host, c.Value())
		}
	}
	return addr.String()
}
