package door

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/signalmesh/signalmesh/node/door/resp"
	"github.com/signalmesh/signalmesh/node/exchange"
)

// publish sends data to the subscribers in the mesh and replies with their number.
// While a server is behind it waits, and with it what the client sends next.
func (c *conn) publish(kind exchange.Kind, channel, data []byte) {
	d := c.door
	m := &exchange.Message{From: c.from, Channel: string(channel), Data: bytes.Clone(data), Publisher: &c.published}
	n, rest, err := d.o.Exchange.Offer(c.publishContext(), kind, m)
	d.metrics.published.Add(1)
	if rest == nil && len(c.uncounted) == 0 {
		c.publishedTo(n, err)
		return
	}
	c.uncounted = append(c.uncounted, uncounted{n, rest, err})
	if len(c.uncounted) == maxBatch {
		c.countBatch()
	}
}

func (c *conn) publishedTo(n int, err error) {
	if err != nil {
		c.door.metrics.failed.Add(1)
		c.fail("ERR signalmesh: " + err.Error())
		return
	}
	c.number(n)
}

// An uncounted PUBLISH is one whose reply waits for the number of those of its
// subscribers that have to be asked for.
type uncounted struct {
	count int
	rest  func(context.Context) int // nil: none
	err   error
}

// countBatch replies to the PUBLISHes that wait for their numbers, which were asked
// for one after the other without waiting.
func (c *conn) countBatch() {
	for _, u := range c.uncounted {
		if u.rest != nil {
			u.count += u.rest(c.publishContext())
		}
		c.publishedTo(u.count, u.err)
	}
	c.uncounted = c.uncounted[:0]
}

// pubsub tells who is subscribed to what, in the whole mesh.
func (c *conn) pubsub(args [][]byte) {
	name := subcommand(args[0])
	sub, args := args[0], args[1:]
	switch {
	case name == "channels" && len(args) <= 1:
		c.names(exchange.Channel, args)
	case name == "shardchannels" && len(args) <= 1:
		c.names(exchange.Shard, args)
	case name == "numsub":
		c.subscribers(exchange.Channel, args)
	case name == "shardnumsub":
		c.subscribers(exchange.Shard, args)
	case name == "numpat" && len(args) == 0:
		c.number(len(c.door.o.Exchange.Names(exchange.Pattern)))
	case name == "channels" || name == "shardchannels":
		c.fail(fmt.Sprintf("ERR unknown subcommand or wrong number of arguments for '%s'. Try PUBSUB HELP.", sub))
	default:
		c.unknownSubcommand("PUBSUB", sub, "numpat")
	}
}

// names replies with the channels that have subscribers, those that match a pattern
// if one is given.
func (c *conn) names(kind exchange.Kind, pattern [][]byte) {
	var names []string
	for name := range c.door.o.Exchange.Names(kind) {
		if len(pattern) == 0 || exchange.Match(string(pattern[0]), name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	c.reply(func(b []byte) []byte {
		b = resp.AppendArray(b, len(names))
		for _, name := range names {
			b = resp.AppendBulk(b, name)
		}
		return b
	})
}

// subscribers replies with channels and how many subscribers each has.
func (c *conn) subscribers(kind exchange.Kind, channels [][]byte) {
	counts := make([]int, len(channels))
	for i, channel := range channels {
		n, err := c.door.o.Exchange.Count(c.door.ctx, exchange.Name{Kind: kind, Text: string(channel)})
		if err != nil {
			c.fail("ERR signalmesh: " + err.Error())
			return
		}
		counts[i] = n
	}
	c.reply(func(b []byte) []byte {
		b = resp.AppendArray(b, 2*len(channels))
		for i, channel := range channels {
			b = resp.AppendInt(resp.AppendBulk(b, channel), counts[i])
		}
		return b
	})
}

// unknownSubcommand answers a subcommand that is not known, or has a wrong number of
// arguments.
func (c *conn) unknownSubcommand(command string, sub []byte, known ...string) {
	if name := subcommand(sub); slices.Contains(known, name) {
		c.fail(fmt.Sprintf("ERR wrong number of arguments for '%s|%s' command", strings.ToLower(command), name))
		return
	}
	c.fail(fmt.Sprintf("ERR unknown subcommand '%s'. Try %s HELP.", sub[:min(len(sub), 128)], command))
}

// subcommand is a subcommand as it is known: in lower case.
func subcommand(b []byte) string { return strings.ToLower(string(b[:min(len(b), longestName)])) }
