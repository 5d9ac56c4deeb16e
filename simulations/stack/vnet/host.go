package vnet

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

const (
	// headers are those of Ethernet, IPv4 and TCP with timestamps, in bytes.
	headers = 14 + 20 + 32
	// firstPort is where Linux begins with ports for connections that a host opens.
	firstPort = 32768
	// dialAgain is how long a host waits for an answer to its first SYN (RFC 6298).
	dialAgain = time.Second
	// backlog is how many connections may wait to be accepted (SOMAXCONN).
	backlog = 4096
)

var (
	errReset   = os.NewSyscallError("read", syscall.ECONNRESET)
	errRefused = os.NewSyscallError("connect", syscall.ECONNREFUSED)
	errInUse   = os.NewSyscallError("bind", syscall.EADDRINUSE)
)

// A Host is one machine. It is a mesh.Network.
type Host struct {
	n         *Network
	addr      netip.Addr
	up        queue
	down      line
	port      int
	listeners map[int]*listener
	sockets   map[*socket]struct{}
	paused    bool
	over      bool
	gone      bool // it has no power
	counts    Counts

	upRate, downRate float64 // bytes a second, without faults
	zone             int
}

// Counts are what a host sent and received, packets that were lost or sent again
// included, with their headers.
type Counts struct{ SentBytes, SentPackets, ReceivedBytes, ReceivedPackets uint64 }

// Host adds a host, in place of one that had the address, whose connection to the network carries so many bytes a second
// up, and down; 0 means no limit.
func (n *Network) Host(addr netip.Addr, up, down float64) *Host {
	n.mu.Lock()
	defer n.mu.Unlock()
	h := &Host{
		n: n, addr: addr, up: queue{rate: up}, down: line{rate: down}, port: firstPort, upRate: up, downRate: down,
		listeners: map[int]*listener{}, sockets: map[*socket]struct{}{},
	}
	h.up.gauge = gauge{begin: n.begin, length: n.length}
	h.down.gauge = h.up.gauge
	if before := n.hosts[addr]; before != nil {
		h.up.gauge, h.down.gauge, h.zone = before.up.gauge, before.down.gauge, before.zone
	}
	n.hosts[addr] = h
	return h
}

// Down changes how many bytes a second the host can receive.
func (h *Host) Down(rate float64) {
	h.n.mu.Lock()
	defer h.n.mu.Unlock()
	h.down.rate = rate
}

// Pause keeps the host's program from receiving, accepting and sending, while the host itself
// goes on acknowledging, as it does for a process that is stopped. Pause(false) ends
// that. The program's clock goes on, which a stopped process's would not.
func (h *Host) Pause(on bool) {
	h.n.mu.Lock()
	defer h.n.mu.Unlock()
	h.paused = on
	for s := range h.sockets {
		signal(s.readable)
		signal(s.writable)
	}
}

// Counts says what was sent and received so far.
func (h *Host) Counts() Counts {
	h.n.mu.Lock()
	defer h.n.mu.Unlock()
	return h.counts
}

// Abort ends what the host listens on and all of its connections, as the end of a
// process does. What is left of the program cannot listen or dial any more; its next
// life needs a new Host.
func (h *Host) Abort() {
	h.n.mu.Lock()
	defer h.n.mu.Unlock()
	h.abort(true)
}

// Vanish ends the host without telling anybody, as the loss of power does. Packets to it
// get no answer until there is a new Host at its address.
func (h *Host) Vanish() {
	h.n.mu.Lock()
	defer h.n.mu.Unlock()
	h.gone = true
	h.abort(false)
}

func (h *Host) abort(tell bool) {
	h.over, h.paused = true, false
	for _, l := range h.listeners {
		l.close()
	}
	for s := range h.sockets {
		if tell {
			s.tell()
		}
		s.fail(net.ErrClosed)
	}
}

// Listen listens at one of the host's ports.
func (h *Host) Listen(_ context.Context, network, address string) (net.Listener, error) {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	h.n.mu.Lock()
	defer h.n.mu.Unlock()
	port := int(at.Port())
	if h.over {
		return nil, &net.OpError{Op: "listen", Net: network, Err: net.ErrClosed}
	}
	if h.listeners[port] != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: net.TCPAddrFromAddrPort(at), Err: errInUse}
	}
	l := &listener{host: h, port: port, ready: make(chan *socket, backlog), closed: make(chan struct{})}
	h.listeners[port] = l
	return l, nil
}

// DialContext opens a connection to another host.
func (h *Host) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	fail := func(err error) error {
		return &net.OpError{Op: "dial", Net: network, Addr: net.TCPAddrFromAddrPort(to), Err: err}
	}
	answers := make(chan answer, 1)
	h.n.mu.Lock()
	over := h.over
	h.knock(ctx, to, answers, dialAgain)
	h.n.mu.Unlock()
	if over {
		return nil, fail(net.ErrClosed)
	}
	select {
	case a := <-answers:
		if a.err != nil {
			return nil, fail(a.err)
		}
		return a.conn, nil
	case <-ctx.Done():
		h.n.mu.Lock()
		defer h.n.mu.Unlock()
		if len(answers) > 0 {
			if a := <-answers; a.conn != nil { // it came in the same moment
				a.conn.tell()
				a.conn.fail(net.ErrClosed)
			}
		}
		return nil, fail(fmt.Errorf("no answer: %w", ctx.Err()))
	}
}

type answer struct {
	conn *socket
	err  error
}

// knock sends a SYN, and another one if there is no answer in time.
func (h *Host) knock(ctx context.Context, to netip.AddrPort, answers chan answer, patience time.Duration) {
	if ctx.Err() != nil || len(answers) > 0 || h.over {
		return
	}
	if other := h.n.hosts[to.Addr()]; other != nil && !other.gone {
		h.n.send(h, other, headers, func(time.Time) {
			if len(answers) == 0 && ctx.Err() == nil {
				other.answer(h, int(to.Port()), answers)
			}
		})
	}
	h.n.plan(time.Now().Add(patience), func(time.Time) { h.knock(ctx, to, answers, 2*patience) })
}

// answer answers a SYN. What the dialer does not take is closed by its next packet.
func (h *Host) answer(dialer *Host, port int, answers chan answer) {
	l := h.listeners[port]
	h.n.send(h, dialer, headers, func(time.Time) {
		switch {
		case len(answers) > 0 || dialer.over:
		case l == nil || l.over():
			answers <- answer{err: errRefused}
		default:
			here, there := h.n.connect(dialer, h, port)
			select {
			case l.ready <- there:
				answers <- answer{conn: here}
			default:
				here.fail(errReset)
				there.fail(errReset)
				answers <- answer{err: errRefused}
			}
		}
	})
}

// A listener is one port of a host.
type listener struct {
	host   *Host
	port   int
	ready  chan *socket
	closed chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case s := <-l.ready:
		return s, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.Addr(), Err: net.ErrClosed}
	}
}

func (l *listener) Addr() net.Addr { return tcpAddr(l.host.addr, l.port) }

func (l *listener) Close() error {
	l.host.n.mu.Lock()
	defer l.host.n.mu.Unlock()
	l.close()
	return nil
}

func (l *listener) close() {
	if l.over() {
		return
	}
	close(l.closed)
	delete(l.host.listeners, l.port)
	for len(l.ready) > 0 {
		s := <-l.ready
		s.tell()
		s.fail(net.ErrClosed)
	}
}

func (l *listener) over() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}

func tcpAddr(a netip.Addr, port int) *net.TCPAddr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(a, uint16(port)))
}
