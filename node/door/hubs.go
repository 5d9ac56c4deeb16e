package door

import (
	"maps"
	"slices"

	"github.com/signalmesh/signalmesh/node/exchange"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// maxHubs bounds the hubs of one connection that Hubs returns.
const maxHubs = 1024

// hubOf returns the hub whose messages for all connections a name has, with the prefix of
// the channels.
func hubOf(n exchange.Name) (hub string, ok bool) {
	if n.Kind != exchange.Channel {
		return "", false
	}
	return protocol.HubOf(n.Text)
}

// noteHub notes the hub of a subscription. The caller holds mu.
func (c *conn) noteHub(n exchange.Name) {
	hub, ok := hubOf(n)
	if !ok || len(c.hubs) >= maxHubs {
		return
	}
	if c.hubs == nil {
		c.hubs = map[string]struct{}{}
	}
	c.hubs[hub] = struct{}{}
}

// Hubs returns the hubs of the connected clients, by the name that a client has given
// itself, or its address. Each hub is its full name with the channel prefix. Servers
// subscribe for a hub when its first client connects.
func (d *Door) Hubs() map[string][]string {
	found := map[string][]string{}
	for _, c := range d.connections() {
		c.mu.Lock()
		hubs := slices.Collect(maps.Keys(c.hubs))
		name := c.name
		c.mu.Unlock()
		if len(hubs) == 0 {
			continue
		}
		if name == "" {
			name = c.nc.RemoteAddr().String()
		}
		found[name] = slices.Compact(slices.Sorted(slices.Values(append(found[name], hubs...))))
	}
	return found
}
