package discovery_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/multiformats/go-multiaddr"

	"github.com/signalmesh/signalmesh/discovery"
)

func Example() {
	var seeds []discovery.Seed
	for _, text := range []string{"10.0.0.1", "nodes.example.net:9801"} {
		s, err := discovery.ParseSeed(text)
		if err != nil {
			fmt.Println(err)
			return
		}
		seeds = append(seeds, s)
	}
	loop, err := discovery.New(discovery.Options{
		Seeds:    seeds,
		Resolver: records{"nodes.example.net": {"10.0.0.2", "2001:db8::2"}}, // default: that of the machine
		// Dial connects the mesh and returns the ID of the peer that answered.
		Dial: func(_ context.Context, addr multiaddr.Multiaddr) (string, error) {
			if addr.String() == "/ip4/10.0.0.2/tcp/9801" {
				return "web-2", nil
			}
			return "", errors.New("connection refused")
		},
		// Peers returns how many peers the mesh has, and a channel that is closed when
		// that changes.
		Peers: func() (int, <-chan struct{}) { return 1, nil },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for {
		contact, changed := loop.Contact()
		if contact.Verdict != discovery.Searching {
			fmt.Println(contact.Verdict)
			break
		}
		<-changed
	}
	for _, s := range loop.Seeds() {
		for _, a := range s.Addrs {
			fmt.Println(s.Seed, a.Address, a.Outcome)
		}
	}
	if err := loop.Close(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// met
	// 10.0.0.1:9800 10.0.0.1:9800 unreachable
	// nodes.example.net:9801 10.0.0.2:9801 member
	// nodes.example.net:9801 [2001:db8::2]:9801 unreachable
}

// records is a Resolver that knows a few names.
type records map[string][]string

func (r records) LookupNetIP(_ context.Context, _, host string) (ips []netip.Addr, err error) {
	for _, text := range r[host] {
		ips = append(ips, netip.MustParseAddr(text))
	}
	return ips, nil
}
