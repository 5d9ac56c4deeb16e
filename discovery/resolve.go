package discovery

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"

	"github.com/multiformats/go-multiaddr"
)

// maxAddresses bounds the addresses of one name. Those beyond it, in the order of the
// resolver, are left out, which is logged once.
const maxAddresses = 256

// A name is a host name with the address family to look up.
type name struct {
	network string // of Resolver
	host    string
}

// An answer is the result of one lookup.
type answer struct {
	ips []netip.Addr
	err error
}

// nameOf returns the name in addr; ok is false if addr is literal.
func nameOf(addr multiaddr.Multiaddr) (n name, ok bool) {
	for _, c := range addr {
		switch c.Protocol().Code {
		case multiaddr.P_DNS:
			return name{"ip", c.Value()}, true
		case multiaddr.P_DNS4:
			return name{"ip4", c.Value()}, true
		case multiaddr.P_DNS6:
			return name{"ip6", c.Value()}, true
		}
	}
	return name{}, false
}

// names are the different names in the addresses of s.
func (s *seed) names() []name {
	var list []name
	for _, a := range s.Addrs {
		if n, ok := nameOf(a); ok && !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}

// place returns the targets of s. The literal addresses of s are one target. Each IP
// address of a name is a target with the ports that s has for that name.
func (s *seed) place(answers map[name]answer) []target {
	var targets []target
	index := map[string]int{} // by name and IP address
	add := func(key, name string, addr multiaddr.Multiaddr) {
		i, ok := index[key]
		if !ok {
			i = len(targets)
			index[key], targets = i, append(targets, target{name: name})
		}
		targets[i].addrs = append(targets[i].addrs, addr)
	}
	for _, a := range s.Addrs {
		n, ok := nameOf(a)
		if !ok {
			add("", "", a)
		}
		for _, ip := range answers[n].ips {
			if literal := withIP(a, ip); literal != nil {
				add(n.host+" "+ip.String(), n.host, literal)
			}
		}
	}
	return targets
}

// withIP returns addr with ip instead of its name; nil if ip cannot be dialled.
func withIP(addr multiaddr.Multiaddr, ip netip.Addr) multiaddr.Multiaddr {
	host, err := ipAddr(ip)
	if err != nil || !ip.IsValid() || ip.IsUnspecified() || ip.IsMulticast() {
		return nil
	}
	for i, c := range addr {
		if c.Protocol().Code == multiaddr.P_TCP {
			return host.Encapsulate(addr[i:])
		}
	}
	return nil
}

// lookUp looks up names, each within the time of a dial.
func (r *runner) lookUp(ctx context.Context, names []name) map[name]answer {
	answers := make(map[name]answer, len(names))
	for _, n := range names {
		ctx, cancel := context.WithTimeout(ctx, r.o.Policy.DialTimeout)
		ips, err := r.o.Resolver.LookupNetIP(ctx, n.network, n.host)
		cancel()
		for i := range ips {
			ips[i] = ips[i].Unmap()
		}
		if err == nil && len(ips) == 0 {
			err = errors.New("the name has no address")
		}
		answers[n] = answer{distinct(ips), err}
	}
	return answers
}

// distinct returns ips without duplicates, in their order.
func distinct(ips []netip.Addr) []netip.Addr {
	var list []netip.Addr
	seen := map[netip.Addr]bool{}
	for _, ip := range ips {
		if !seen[ip] {
			seen[ip] = true
			list = append(list, ip)
		}
	}
	return list
}

// resolved stores the answers for the names of s. It is called by the goroutine of
// the Loop only.
func (r *runner) resolved(s *seed, answers map[name]answer) {
	var failure string
	keep := false
	for n, a := range answers {
		if a.err != nil {
			failure, keep = reason(a.err, r.o.Policy.DialTimeout), !notFound(a.err)
		}
		if len(a.ips) > maxAddresses {
			if !s.cut {
				s.cut = true
				r.o.Logger.Warn("bootstrap name has too many addresses; the rest is not dialled", "name", n.host, "addresses", len(a.ips), "dialled", maxAddresses)
			}
			a.ips = a.ips[:maxAddresses]
		}
		if r.o.Policy.Shuffle {
			r.o.Rand.Shuffle(len(a.ips), func(i, j int) { a.ips[i], a.ips[j] = a.ips[j], a.ips[i] })
		}
		answers[n] = a
	}
	r.table.setTargets(s, s.place(answers), failure, keep)
}

// notFound reports whether a resolver answered that the name does not exist.
func notFound(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}
