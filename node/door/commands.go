package door

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/signalmesh/signalmesh/node/door/resp"
	"github.com/signalmesh/signalmesh/node/exchange"
)

// A command is one that the door knows.
type command struct {
	run     func(c *conn, args [][]byte) // args without the name
	arity   int                          // with the name; negative: at least
	anytime bool                         // also while subscribed in RESP2
	open    bool                         // also for strangers
	joins   bool                         // adds to the batch of subscriptions
	counts  bool                         // adds to the batch of PUBLISHes
}

// commands are those that clients which only publish and subscribe send. Names are
// in lower case.
var commands = map[string]command{
	"publish":      {run: publish(exchange.Channel), arity: 3, counts: true},
	"spublish":     {run: publish(exchange.Shard), arity: 3, counts: true},
	"subscribe":    {run: subscribe(exchange.Channel), arity: -2, anytime: true, joins: true},
	"psubscribe":   {run: subscribe(exchange.Pattern), arity: -2, anytime: true, joins: true},
	"ssubscribe":   {run: subscribe(exchange.Shard), arity: -2, anytime: true, joins: true},
	"unsubscribe":  {run: unsubscribe(exchange.Channel), arity: -1, anytime: true},
	"punsubscribe": {run: unsubscribe(exchange.Pattern), arity: -1, anytime: true},
	"sunsubscribe": {run: unsubscribe(exchange.Shard), arity: -1, anytime: true},
	"pubsub":       {run: (*conn).pubsub, arity: -2},
	"ping":         {run: (*conn).ping, arity: -1, anytime: true},
	"echo":         {run: (*conn).echo, arity: 2},
	"select":       {run: (*conn).selectDatabase, arity: 2},
	"get":          {run: (*conn).get, arity: 2},
	"info":         {run: (*conn).info, arity: -1},
	"config":       {run: (*conn).config, arity: -2},
	"client":       {run: (*conn).client, arity: -2},
	"cluster":      {run: (*conn).cluster, arity: -2},
	"auth":         {run: (*conn).auth, arity: -2, open: true},
	"hello":        {run: (*conn).hello, arity: -1, open: true},
	"quit":         {run: (*conn).quit, arity: -1, anytime: true, open: true},
	"reset":        {run: (*conn).reset, arity: 1, anytime: true, open: true},
	"role":         {run: (*conn).role, arity: 1},
	"command":      {run: (*conn).describeCommands, arity: -1},
	"module":       {run: (*conn).module, arity: -2},
	"wait":         {run: (*conn).wait, arity: 3},
	"time":         {run: (*conn).time, arity: 1},
	"readonly":     {run: (*conn).cluster, arity: 1},
	"readwrite":    {run: (*conn).cluster, arity: 1},
	"asking":       {run: (*conn).cluster, arity: 1},
}

// longestName is the most that is looked at of a command's name.
const longestName = 32

// run runs one command.
func (c *conn) run(args [][]byte) {
	c.door.metrics.commands.Add(1)
	if http(args, c.reader.Inline()) {
		c.finalize(spokeHTTP)
		return
	}
	if !c.takeCommand() {
		return
	}
	var name [longestName]byte
	known := len(args[0]) <= longestName
	n := copy(name[:], args[0])
	lower(name[:n])
	command, found := commands[string(name[:n])]
	if !command.joins {
		c.subscribeBatch()
	}
	if !command.counts {
		c.countBatch()
	}
	switch {
	case !known || !found:
		c.unknown(args)
	case command.arity > 0 && len(args) != command.arity, len(args) < -command.arity:
		c.refuse(fmt.Sprintf("ERR wrong number of arguments for '%s' command", name[:n]))
	case !c.trusted && !command.open:
		c.limits.refused = true
		c.refuse("NOAUTH Authentication required.")
	case c.version < 3 && !command.anytime && c.subscribing():
		c.refuse(fmt.Sprintf("ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context", fullName(string(name[:n]), args)))
	default:
		command.run(c, args[1:])
	}
}

// refuse answers a command that is not run, after those before it.
func (c *conn) refuse(text string) {
	c.countBatch()
	c.fail(text)
}

func lower(b []byte) {
	for i, ch := range b {
		if 'A' <= ch && ch <= 'Z' {
			b[i] = ch + 'a' - 'A'
		}
	}
}

// fullName is how Redis calls a command that has subcommands.
func fullName(name string, args [][]byte) string {
	if (name == "client" || name == "config" || name == "pubsub" || name == "cluster" || name == "module" || name == "command") && len(args) > 1 {
		return name + "|" + strings.ToLower(string(args[1]))
	}
	return name
}

func publish(kind exchange.Kind) func(*conn, [][]byte) {
	return func(c *conn, args [][]byte) { c.publish(kind, args[0], args[1]) }
}

func subscribe(kind exchange.Kind) func(*conn, [][]byte) {
	return func(c *conn, args [][]byte) { c.subscribe(kind, args) }
}

func unsubscribe(kind exchange.Kind) func(*conn, [][]byte) {
	return func(c *conn, args [][]byte) { c.unsubscribe(kind, args) }
}

func (c *conn) ping(args [][]byte) {
	switch {
	case len(args) > 1:
		c.fail("ERR wrong number of arguments for 'ping' command")
	case c.version < 3 && c.subscribing():
		text := bytes.Join(args, nil)
		c.reply(func(b []byte) []byte { return resp.AppendBulk(resp.AppendBulk(resp.AppendArray(b, 2), "pong"), text) })
	case len(args) == 1:
		c.echo(args)
	default:
		c.simple("PONG")
	}
}

func (c *conn) echo(args [][]byte) {
	c.reply(func(b []byte) []byte { return resp.AppendBulk(b, args[0]) })
}

// databases is how many may be selected, as in Redis. Publish and subscribe are the
// same in all of them.
const databases = 16

// selectDatabase takes a database that Redis has.
func (c *conn) selectDatabase(args [][]byte) {
	n, err := strconv.Atoi(string(args[0]))
	switch {
	case err != nil:
		c.fail("ERR value is not an integer or out of range")
	case n < 0 || n >= databases:
		c.fail("ERR DB index is out of range")
	default:
		c.mu.Lock()
		c.db = n
		c.mu.Unlock()
		c.ok()
	}
}

// tieBreak is the key that StackExchange.Redis reads to choose among several
// servers. That there is none makes it take the first in its configuration.
const tieBreak = "__Booksleeve_TieBreak"

func (c *conn) get(args [][]byte) {
	if !bytes.HasSuffix(args[0], []byte(tieBreak)) {
		c.unknown([][]byte{[]byte("GET"), args[0]})
		return
	}
	c.reply(func(b []byte) []byte { return resp.AppendNull(b, c.version) })
}

func (c *conn) cluster([][]byte) { c.fail("ERR This instance has cluster support disabled") }

func (c *conn) quit([][]byte) {
	c.ok()
	c.leaving = true
}

// reset makes the connection what it was when it was opened.
func (c *conn) reset([][]byte) {
	c.part()
	c.mu.Lock()
	c.name, c.user, c.db = "", "default", 0
	c.mu.Unlock()
	c.version = 2
	if c.door.o.Credentials != nil {
		c.distrust()
	}
	c.simple("RESET")
}
