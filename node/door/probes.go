package door

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/node/door/resp"
)

// probes are commands that clients and tools send to detect the features of a server.
// StackExchange.Redis sends SENTINEL MASTERS each time it connects. The reply is that
// of a Redis that does not know the command, and no warning is logged.
var probes = map[string]bool{
	"sentinel": true, "acl": true, "latency": true, "slowlog": true, "memory": true, "lolwut": true,
}

// unknown answers an unknown command. Clients recognize the beginning of the reply, which is
// that of Redis. The rest names the endpoint, and not the values of the command.
func (c *conn) unknown(args [][]byte) {
	c.fail(fmt.Sprintf("ERR unknown command '%s': the signalmesh endpoint %s is for publish and subscribe only; connect to a Redis server for stored data",
		shownName(args[0]), c.raw.LocalAddr()))
	c.warnUnknown(args[0])
}

// warnUnknown counts an unknown command, and logs its name once in a while. Values may
// be secrets and are not logged. Clients that have not authenticated cause no log lines.
func (c *conn) warnUnknown(name []byte) {
	d, command := c.door, commandName(name)
	if probes[strings.ToLower(command)] {
		d.o.Logger.Debug("redis endpoint: probe", "command", command, "client", c.describe())
		return
	}
	d.metrics.unknown.Add(1)
	if !c.trusted {
		return
	}
	if d.logged.commands.due(command, time.Now(), unknownEvery) {
		d.o.Logger.Warn("redis endpoint: command not supported: the endpoint is for publish and subscribe; point what stores data (a cache, sessions, locks) at a Redis server. "+
			"Further commands of this name are counted in signalmesh_door_unknown_commands_total",
			"command", command, "client", c.describe(), "application", d.o.Application)
	}
}

// unknownEvery is how often one unknown command is logged.
const unknownEvery = time.Hour

// commandName returns the name of a command in upper case, for the log.
func commandName(b []byte) string {
	if name := shownName(b); name != noName {
		return strings.ToUpper(name)
	}
	return noName
}

// shownName returns the name of a command. Other bytes may be a value that was sent by
// mistake, and are not shown.
func shownName(b []byte) string {
	if len(b) == 0 || len(b) > longestName {
		return noName
	}
	for _, ch := range b {
		if !('a' <= ch && ch <= 'z' || 'A' <= ch && ch <= 'Z' || '0' <= ch && ch <= '9' || ch == '.' || ch == '_' || ch == '-') {
			return noName
		}
	}
	return string(b)
}

// noName replaces text that cannot be the name of a command.
const noName = "(no name)"

// role answers ROLE: a primary without replicas, or a replica while the endpoint is
// drained.
func (c *conn) role([][]byte) {
	c.reply(func(b []byte) []byte {
		if !c.door.draining.Load() {
			return resp.AppendArray(resp.AppendInt(resp.AppendBulk(resp.AppendArray(b, 3), "master"), 0), 0)
		}
		b = resp.AppendBulk(resp.AppendBulk(resp.AppendArray(b, 5), "slave"), "")
		return resp.AppendInt(resp.AppendBulk(resp.AppendInt(b, 0), "connect"), 0)
	})
}

// describeCommands answers COMMAND. It has no descriptions.
func (c *conn) describeCommands(args [][]byte) {
	sub := ""
	if len(args) > 0 {
		sub = subcommand(args[0])
	}
	switch sub {
	case "count":
		c.number(c.door.known)
	case "docs":
		c.reply(func(b []byte) []byte { return resp.AppendMap(b, c.version, 0) })
	default:
		c.reply(func(b []byte) []byte { return resp.AppendArray(b, 0) })
	}
}

// module answers MODULE LIST with an empty list.
func (c *conn) module(args [][]byte) {
	if subcommand(args[0]) != "list" {
		c.unknownSubcommand("MODULE", args[0], "list")
		return
	}
	c.reply(func(b []byte) []byte { return resp.AppendArray(b, 0) })
}

// wait answers WAIT: zero replicas.
func (c *conn) wait([][]byte) { c.number(0) }

// time answers with the seconds and microseconds of the clock.
func (c *conn) time([][]byte) {
	now := time.Now()
	c.reply(func(b []byte) []byte {
		b = resp.AppendBulk(resp.AppendArray(b, 2), strconv.FormatInt(now.Unix(), 10))
		return resp.AppendBulk(b, strconv.Itoa(now.Nanosecond()/1000))
	})
}
