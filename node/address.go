package node

import (
	"cmp"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// listener adds the row of an address to listen on, and checks the address.
func (r *resolver) listener(name, addr string) {
	origin := r.o.origin(name)
	if addr == "" {
		origin = cmp.Or(r.o.Origins[name], "default")
	}
	r.s.row(name, addr, origin)
	r.checkListener(name, addr)
}

func (r *resolver) checkListener(name, addr string) {
	if err := checkAddress(addr); err != nil {
		r.fail(fmt.Errorf("%s (%s): %w", name, r.o.origin(name), err))
	}
}

// checkAddress reports why text cannot be an address to listen on: host:port with a port
// from 0 to 65535 or the name of one, nothing, or a unix socket.
func checkAddress(text string) error {
	if text == "" || strings.HasPrefix(text, "unix:") || strings.HasPrefix(text, "/") {
		return nil
	}
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		tls := ""
		if strings.HasSuffix(scheme, "s") {
			tls = "; TLS is configured with a certificate, not with the address"
		}
		return fmt.Errorf("%q is a URL; write only %s%s", text, strings.TrimSuffix(rest, "/"), tls)
	}
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return fmt.Errorf("%q is not an address; write it as host:port, such as 127.0.0.1:5000, :5000 or [::1]:5000", text)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		number, err = net.LookupPort("tcp", port)
	}
	if port == "" || err != nil || number < 0 || number > 65535 {
		return fmt.Errorf("%q has no port from 0 to 65535 behind its colon", text)
	}
	return nil
}

// fullAddress returns host:port with a host: that of ":5001" is localhost.
func fullAddress(addr string) string {
	if host, port, err := net.SplitHostPort(addr); err == nil && host == "" {
		return net.JoinHostPort("localhost", port)
	}
	return addr
}

// checkAnonymous refuses addresses beyond loopback if there is no password.
func (r *resolver) checkAnonymous(addrs []multiaddr.Multiaddr, origin string) {
	if r.s.password != "" || r.o.AllowAnonymous {
		return
	}
	for _, a := range addrs {
		if !manet.IsIPLoopback(a) {
			r.fail(fmt.Errorf("listen (%s): without a password anybody may join at %s; set UserID and Password (--user, --password-file), listen on a loopback address, or allow anonymous peers (--allow-anonymous)", origin, a))
			return
		}
	}
}
