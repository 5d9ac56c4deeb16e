package node

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/multiformats/go-multiaddr"

	"github.com/signalmesh/signalmesh/discovery"
)

// checkAdvertised warns of advertised names that this server cannot resolve.
func (n *Node) checkAdvertised() {
	const patience = 5 * time.Second
	var resolver discovery.Resolver = net.DefaultResolver
	if n.o.Resolver != nil {
		resolver = n.o.Resolver
	}
	for _, a := range n.settings.advertise {
		host, err := a.ValueForProtocol(multiaddr.P_DNS)
		if err != nil {
			continue
		}
		n.background(func(ctx context.Context) {
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			if _, err := resolver.LookupNetIP(ctx, "ip", host); err != nil && !errors.Is(err, context.Canceled) {
				n.log.Warn("advertised name does not resolve on this server; other servers need it to reach this one: correct --advertise, or leave it out",
					"name", host, "err", err)
			}
		})
	}
}
