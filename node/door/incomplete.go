package door

import (
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/node/exchange"
)

const (
	// incompleteAfter is how long a server may take between the first subscription for a hub
	// and the others. The server makes all of them together.
	incompleteAfter = 5 * time.Second
	// maxWatched bounds the hubs of one connection that are watched.
	maxWatched = 64
)

// The suffixes of the channels that ASP.NET Core subscribes to first, and next, for a hub.
const (
	allSuffix    = ":all"
	groupsSuffix = ":internal:groups"
)

// watchHub looks after a while whether a server of ASP.NET Core that subscribes to the
// messages for all connections of a hub has made the other subscriptions, too. A server
// that started before its node has not, and its clients never receive a message: SignalR
// gives up after the first subscription failed, and StackExchange.Redis repeats it alone.
func (c *conn) watchHub(n exchange.Name) {
	hub, ok := hubOf(n)
	if !ok || c.watched == maxWatched || !strings.HasPrefix(c.library[0], "SE.Redis") || !strings.Contains(hub, ".") {
		return
	}
	c.watched++
	time.AfterFunc(c.door.o.Incomplete, func() { c.checkHub(hub) })
}

// checkHub warns if the subscriptions for a hub are incomplete.
func (c *conn) checkHub(hub string) {
	c.mu.Lock()
	incomplete := c.subs[exchange.Name{Kind: exchange.Channel, Text: hub + allSuffix}] != nil &&
		c.subs[exchange.Name{Kind: exchange.Channel, Text: hub + groupsSuffix}] == nil
	c.mu.Unlock()
	if !incomplete || c.ctx.Err() != nil {
		return
	}
	c.door.metrics.incomplete.Add(1)
	c.door.logged.clients.warn(c.door.o.Logger, "incomplete "+hub,
		"clients of this ASP.NET Core server receive nothing: it started before its node; restart the server, and give AddStackExchangeRedis a ConnectionFactory that waits for the node, as AddNCache does",
		"client", c.describe(), "hub", hub, "application", c.door.o.Application)
}
