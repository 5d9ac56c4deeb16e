package mesh

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"

	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// samePortTries bounds the ports that are tried until one is free in both families.
const samePortTries = 8

// ErrPortInUse is part of the error of New if another process listens on a port of
// Options.Listen.
var ErrPortInUse = errors.New("the port is in use")

// inUse reports whether err is that of an address at which another process listens.
func inUse(err error) bool {
	const windows = syscall.Errno(10048) // WSAEADDRINUSE, which package syscall does not name
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, windows)
}

// listen listens on every address of Options.Listen.
func (m *Mesh) listen() error {
	addrs := slices.Clone(m.o.Listen)
	for len(addrs) > 0 {
		addr := addrs[0]
		addrs = addrs[1:]
		var err error
		if i := slices.IndexFunc(addrs, func(o multiaddr.Multiaddr) bool { return bothFamilies(addr, o) }); i >= 0 {
			addr, err = m.listenBoth(addr, addrs[i])
			addrs = slices.Delete(addrs, i, i+1)
		} else {
			err = m.swarm.AddListenAddr(addr)
		}
		if err != nil {
			return listenError(m.o, addr, err)
		}
	}
	return nil
}

// bothFamilies reports whether a and b are all addresses of the machine, one of IPv4
// and the other of IPv6, with the same port.
func bothFamilies(a, b multiaddr.Multiaddr) bool {
	return manet.IsIPUnspecified(a) && manet.IsIPUnspecified(b) && family(a) != family(b) && portOf(a) == portOf(b)
}

func family(a multiaddr.Multiaddr) int { return a[0].Protocol().Code }

func portOf(a multiaddr.Multiaddr) string {
	port, err := a.ValueForProtocol(multiaddr.P_TCP)
	if err != nil {
		return ""
	}
	return port
}

// listenBoth listens on all addresses of both families. A family that the machine does
// not have is left out. For port 0 both get the same port, unless none is found that is
// free in both. The error is that of the address returned.
func (m *Mesh) listenBoth(a, b multiaddr.Multiaddr) (failed multiaddr.Multiaddr, err error) {
	pair := []multiaddr.Multiaddr{a, b}
	if portOf(a) == "0" {
		if port := m.samePort(a, b); port != "" {
			pair = []multiaddr.Multiaddr{withPort(a, port), withPort(b, port)}
		}
	}
	var absent error
	listening := 0
	for i, addr := range pair {
		err := m.swarm.AddListenAddr(addr)
		if inUse(err) && portOf(a) == "0" { // taken since
			err = m.swarm.AddListenAddr([]multiaddr.Multiaddr{a, b}[i])
		}
		switch {
		case err == nil:
			listening++
		case noFamily(err):
			absent = err
		default:
			return addr, err
		}
	}
	if listening == 0 {
		return a, absent
	}
	return nil, nil
}

// samePort returns a port that is free on all addresses of both families; "" if the
// machine does not have both or if samePortTries do not find one.
func (m *Mesh) samePort(a, b multiaddr.Multiaddr) string {
	for range samePortTries {
		first, port, err := m.tryPort(a)
		if err != nil {
			return ""
		}
		second, _, err := m.tryPort(withPort(b, port))
		if second != nil {
			_ = second.Close() // it was only a question
		}
		_ = first.Close()
		if err == nil {
			return port
		}
		if !inUse(err) {
			return ""
		}
	}
	return ""
}

// tryPort listens on addr and returns the port that the system picked. The caller
// closes the listener.
func (m *Mesh) tryPort(addr multiaddr.Multiaddr) (net.Listener, string, error) {
	network, where, err := manet.DialArgs(addr)
	if err != nil {
		return nil, "", err
	}
	l, err := m.o.network().Listen(m.ctx, network, where)
	if err != nil {
		return nil, "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return l, port, err
}

// withPort returns the host of addr with another TCP port.
func withPort(addr multiaddr.Multiaddr, port string) multiaddr.Multiaddr {
	return slices.Concat(multiaddr.Multiaddr{addr[0]}, multiaddr.StringCast("/tcp/"+port))
}

// noFamily reports whether err is that of a machine without IPv4, or without IPv6.
func noFamily(err error) bool {
	var unsuitable *net.AddrError
	return errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EPROTONOSUPPORT) ||
		errors.Is(err, syscall.EADDRNOTAVAIL) || errors.As(err, &unsuitable)
}

// listenError returns err with the address and the remedy of the likely mistakes.
func listenError(o Options, addr multiaddr.Multiaddr, err error) error {
	_, where, argErr := manet.DialArgs(addr)
	if argErr != nil {
		where = addr.String()
	}
	switch {
	case inUse(err) && overlaps(o.Listen, addr):
		return fmt.Errorf("listen for peers on %s: another address to listen on includes it; give only one of them", where)
	case inUse(err):
		return fmt.Errorf("listen for peers on %s: %w; stop what uses it (another node, or an NCache server?) or choose another port for this node", where, ErrPortInUse)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("listen for peers on %s: this machine does not have that address", where)
	case noFamily(err):
		return fmt.Errorf("listen for peers on %s: this machine does not have that address family", where)
	}
	return fmt.Errorf("listen for peers on %s: %w", where, err)
}

// overlaps reports whether another address of list has the port and family of addr,
// and one of the two is all addresses of the machine or the same.
func overlaps(list []multiaddr.Multiaddr, addr multiaddr.Multiaddr) bool {
	alike := 0
	for _, o := range list {
		if portOf(o) == portOf(addr) && portOf(o) != "0" && family(o) == family(addr) &&
			(o.Equal(addr) || manet.IsIPUnspecified(o) || manet.IsIPUnspecified(addr)) {
			alike++
		}
	}
	return alike > 1
}

// checkListen returns what is wrong with the addresses to listen on.
func (o Options) checkListen() error {
	if len(o.Listen) == 0 {
		return errors.New("mesh: no address to listen on; set Options.Listen")
	}
	var errs []error
	for _, a := range o.Listen {
		if network, _, err := manet.DialArgs(a); err != nil || (network != "tcp4" && network != "tcp6") {
			errs = append(errs, fmt.Errorf("mesh: listen address %s is not an IP address with a TCP port", a))
		} else if o.Password == "" && !o.AllowAnonymous && !manet.IsIPLoopback(a) {
			errs = append(errs, fmt.Errorf("mesh: without a password anybody may join at %s; set UserID and Password, listen on a loopback address, or allow anonymous peers", a))
		}
	}
	if len(o.Advertise) > maxAdvertised {
		errs = append(errs, fmt.Errorf("mesh: %d addresses to advertise; the limit is %d", len(o.Advertise), maxAdvertised))
	}
	return errors.Join(errs...)
}

// maxAdvertised bounds the addresses that are sent to peers. A peer accepts 16.
const maxAdvertised = 8

// advertised returns the addresses to send to peers, of those that this machine
// listens on. IPv4 comes first, since listening is sorted.
func advertised(o Options, listening []multiaddr.Multiaddr) []multiaddr.Multiaddr {
	if len(o.Advertise) > 0 {
		return o.Advertise
	}
	for _, reachable := range []func(multiaddr.Multiaddr) bool{
		func(a multiaddr.Multiaddr) bool { return !manet.IsIPLoopback(a) && !linkLocal(a) },
		func(a multiaddr.Multiaddr) bool { return !manet.IsIPLoopback(a) },
		func(multiaddr.Multiaddr) bool { return true },
	} {
		list := slices.DeleteFunc(slices.Clone(listening), func(a multiaddr.Multiaddr) bool { return !reachable(a) })
		if len(list) > 0 {
			return evenly(list)
		}
	}
	return nil
}

// evenly cuts list to maxAdvertised addresses, with half of them for each family if
// it has so many.
func evenly(list []multiaddr.Multiaddr) []multiaddr.Multiaddr {
	var four, six []multiaddr.Multiaddr
	for _, a := range list {
		if family(a) == multiaddr.P_IP4 {
			four = append(four, a)
		} else {
			six = append(six, a)
		}
	}
	four = four[:min(len(four), max(maxAdvertised/2, maxAdvertised-len(six)))]
	return append(four, six[:min(len(six), maxAdvertised-len(four))]...)
}

// linkLocal reports whether an address is valid on one network link only.
func linkLocal(a multiaddr.Multiaddr) bool {
	ip, err := manet.ToIP(a)
	return err == nil && ip.IsLinkLocalUnicast()
}
