//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
)

// addresses picks addresses of this machine. Every host has a loopback address that is
// used for nothing else, so that the port of a server which restarts stays free:
// connections to loopback leave from 127.0.0.1.
type addresses struct {
	network string // the first three bytes of the addresses
	host    int
}

func newAddresses() *addresses {
	return &addresses{network: fmt.Sprintf("127.%d.%d", 1+rand.IntN(254), rand.IntN(256))}
}

// next returns n addresses of the next host. The system picks the ports.
func (a *addresses) next(n int) ([]string, error) {
	a.host++
	var picked []string
	for range n {
		l, err := net.Listen("tcp", fmt.Sprintf("%s.%d:0", a.network, a.host))
		if err != nil {
			return nil, fmt.Errorf("pick a port: %w", err)
		}
		defer l.Close() // after all are picked, so that they differ
		picked = append(picked, l.Addr().String())
	}
	return picked, nil
}

// withoutSettings returns an environment without the variables that are settings of a
// node.
func withoutSettings(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		name := strings.ToLower(variable)
		return strings.HasPrefix(name, "signalmesh_") || strings.HasPrefix(name, "ncacheconfiguration")
	})
}
