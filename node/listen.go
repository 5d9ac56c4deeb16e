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

// parseListen reads an address of this machine: host:port with an IP address,
// localhost or nothing as the host, or a multiaddr. Port 0 lets the system pick.
func parseListen(text string) (multiaddr.Multiaddr, error) {
	if strings.HasPrefix(text, "/") {
		addr, err := multiaddr.NewMultiaddr(text)
		if err != nil {
			return nil, fmt.Errorf("%q is no multiaddr: %w; write it as /ip4/127.0.0.1/tcp/9800", text, err)
		}
		return addr, nil
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return nil, fmt.Errorf("%q is no address; write it as host:port, such as 127.0.0.1:9800", text)
	}
	switch host {
	case "":
		host = "0.0.0.0"
	case "localhost":
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return nil, fmt.Errorf("%q names no IP address of this machine; write it as 127.0.0.1:9800, or :9800 for all", text)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("%q has no port from 0 to 65535 behind its colon", text)
	}
	return manet.FromNetAddr(net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, uint16(number))))
}
