package listener

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pires/go-proxyproto"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	// headerTimeout is how long a proxy may take to send its header.
	headerTimeout = 5 * time.Second
	// maxRefusedLogged is how many addresses are logged whose connections are refused.
	maxRefusedLogged = 32
)

// behindProxy returns l with connections that have the address of the client, from the
// header that each must begin with.
func behindProxy(l net.Listener, o Options) net.Listener {
	p := &proxied{unix: IsUnix(o.Addr), o: o, told: make(map[string]bool)}
	return &proxyproto.Listener{
		Listener:          &headed{l, p},
		ConnPolicy:        p.policy,
		ReadHeaderTimeout: headerTimeout,
	}
}

// proxied decides which connections may bring a header of the PROXY protocol, and tells
// of those that do not.
type proxied struct {
	unix bool
	o    Options

	mu   sync.Mutex
	told map[string]bool // addresses that were logged
}

// policy closes connections of proxies that are not trusted.
func (p *proxied) policy(c proxyproto.ConnPolicyOptions) (proxyproto.Policy, error) {
	if p.unix || p.o.Trusted.Trust(c.Upstream.String()) {
		return proxyproto.REQUIRE, nil
	}
	p.refuse(c.Upstream, "connection closed: its address is not that of a trusted proxy, and this listener only takes connections with a PROXY header; if it is the load balancer, add it to --trusted-proxies")
	return proxyproto.REJECT, proxyproto.ErrInvalidUpstream
}

// refuse counts a refused connection, and logs the first one of an address.
func (p *proxied) refuse(from net.Addr, message string) {
	count(p.o.Refused)
	host, _, err := net.SplitHostPort(from.String())
	if err != nil {
		host = from.String()
	}
	p.mu.Lock()
	first := !p.told[host] && len(p.told) < maxRefusedLogged
	if first {
		p.told[host] = true
	}
	p.mu.Unlock()
	if first {
		p.o.Logger.Warn(message, "listener", p.o.Name, "from", host, "logged", "once")
	}
}

func count(c prometheus.Counter) {
	if c != nil {
		c.Inc()
	}
}

// headed is the listener below the PROXY protocol.
type headed struct {
	net.Listener
	p *proxied
}

// Accept implements net.Listener.
func (l *headed) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &headedConn{Conn: c, p: l.p}, nil
}

// A headedConn checks its first bytes, and reports a proxy that sends no header.
type headedConn struct {
	net.Conn
	p    *proxied
	seen atomic.Bool
}

// signatures are how headers of the PROXY protocol begin, version 1 and 2.
var signatures = [...]string{"PROXY ", "\r\n\r\n\x00\r\nQUIT\n"}

// Read implements net.Conn.
func (c *headedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && !c.seen.Swap(true) && !beginsHeader(b[:n]) {
		c.p.refuse(c.RemoteAddr(), "connection closed: a trusted proxy sent no PROXY header; turn on the PROXY protocol there, or leave out --proxy-protocol")
	}
	return n, err
}

// beginsHeader reports whether b and a signature begin alike.
func beginsHeader(b []byte) bool {
	for _, s := range signatures {
		n := min(len(b), len(s))
		if string(b[:n]) == s[:n] {
			return true
		}
	}
	return false
}
