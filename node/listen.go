package node

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"github.com/signalmesh/signalmesh/node/listener"
)

func joinHostPort(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// listen opens a TCP listener. The error says what the likely mistakes are; what
// names the listener as the operator knows it.
func listen(what, addr string) (net.Listener, error) {
	return listener.Open(listener.Options{Name: what, Addr: addr})
}

// parseListen returns the addresses to listen on for one text: host:port with an IP
// address, localhost or nothing as the host, or a multiaddr. Port 0 lets the system
// pick. No host, and [::], are all addresses of IPv4 and IPv6, as for net.Listen.
// 0.0.0.0 is all addresses of IPv4, and the multiaddr /ip6/:: all of IPv6.
func parseListen(text string) ([]multiaddr.Multiaddr, error) {
	if strings.HasPrefix(text, "/") {
		addr, err := multiaddr.NewMultiaddr(text)
		if err != nil {
			return nil, fmt.Errorf("%q is no multiaddr: %w; write it as /ip4/127.0.0.1/tcp/9800", text, err)
		}
		return []multiaddr.Multiaddr{addr}, nil
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return nil, fmt.Errorf("%q is not an address; write it as host:port, such as 127.0.0.1:9800 or [::1]:9800", text)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("%q has no port from 0 to 65535 behind its colon", text)
	}
	hosts := []string{host}
	switch host {
	case "", "::":
		hosts = []string{"0.0.0.0", "::"}
	case "localhost":
		hosts = []string{"127.0.0.1"}
	}
	var list []multiaddr.Multiaddr
	for _, h := range hosts {
		ip, err := netip.ParseAddr(h)
		if err != nil {
			return nil, fmt.Errorf("%q names no IP address of this machine; write it as 127.0.0.1:9800, or :9800 for all", text)
		}
		addr, err := manet.FromNetAddr(net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, uint16(number))))
		if err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
		list = append(list, addr)
	}
	return list, nil
}

// nextPort returns the IP addresses list with the TCP port after that of each. It returns
// nil if there is no such port.
func nextPort(list []multiaddr.Multiaddr) (next []multiaddr.Multiaddr) {
	for _, a := range list {
		text, err := a.ValueForProtocol(multiaddr.P_TCP)
		if err != nil {
			return nil
		}
		port, err := strconv.Atoi(text)
		if err != nil || port == 0 || port >= 65535 {
			return nil
		}
		ip, _ := multiaddr.SplitLast(a)
		next = append(next, ip.Encapsulate(multiaddr.StringCast("/tcp/"+strconv.Itoa(port+1))))
	}
	return next
}

// given returns the entries of a list separated by commas, without spaces and without
// empty entries.
func given(text string) (list []string) {
	for t := range strings.SplitSeq(text, ",") {
		if t = strings.TrimSpace(t); t != "" {
			list = append(list, t)
		}
	}
	return list
}
