package door

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/node/door/resp"
	"github.com/signalmesh/signalmesh/node/exchange"
)

// hello chooses the version of the protocol, and may let the client in.
func (c *conn) hello(args [][]byte) {
	version := c.version
	if len(args) > 0 {
		n, err := strconv.Atoi(string(args[0]))
		if err != nil {
			c.fail("ERR Protocol version is not an integer or out of range")
			return
		}
		if n < 2 || n > 3 {
			c.fail("NOPROTO unsupported protocol version")
			return
		}
		version, args = n, args[1:]
	}
	var name []byte
	for len(args) > 0 {
		switch option := strings.ToLower(string(args[0])); {
		case option == "auth" && len(args) >= 3:
			if refusal := c.authenticate(string(args[1]), string(args[2])); refusal != "" {
				c.fail(refusal)
				return
			}
			args = args[3:]
		case option == "setname" && len(args) >= 2:
			if name = args[1]; !plain(name) {
				c.fail(badName)
				return
			}
			args = args[2:]
		default:
			c.fail(fmt.Sprintf("ERR Syntax error in HELLO option '%s'", args[0][:min(len(args[0]), 128)]))
			return
		}
	}
	if !c.trusted {
		c.limits.refused = true
		c.fail("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time")
		return
	}
	if name != nil {
		c.setName(name)
	}
	c.speak(version)
	c.reply(c.appendHello)
}

// speak changes the version, of what is subscribed to as well.
func (c *conn) speak(version int) {
	c.version = version
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	for n, s := range c.subs {
		s.head = headOf(n, version)
	}
}

func (c *conn) appendHello(b []byte) []byte {
	b = resp.AppendMap(b, c.version, 7)
	for _, pair := range [][2]string{{"server", "redis"}, {"version", pretended}} {
		b = resp.AppendBulk(resp.AppendBulk(b, pair[0]), pair[1])
	}
	b = resp.AppendInt(resp.AppendBulk(b, "proto"), c.version)
	b = resp.AppendInt(resp.AppendBulk(b, "id"), int(c.id))
	for _, pair := range [][2]string{{"mode", "standalone"}, {"role", c.door.helloRole()}} {
		b = resp.AppendBulk(resp.AppendBulk(b, pair[0]), pair[1])
	}
	return resp.AppendArray(resp.AppendBulk(b, "modules"), 0)
}

const badName = "ERR Client names cannot contain spaces, newlines or special characters."

// plain tells whether a name can stand in a list of clients.
func plain(name []byte) bool {
	return bytes.IndexFunc(name, func(r rune) bool { return r < '!' || r > '~' }) < 0
}

const longestClientName = 256

func (c *conn) setName(name []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.name = string(name)
}

// client answers what clients tell and ask about themselves.
func (c *conn) client(args [][]byte) {
	sub, args := args[0], args[1:]
	switch name := subcommand(sub); {
	case name == "setname" && len(args) == 1:
		if !plain(args[0]) || len(args[0]) > longestClientName {
			c.fail(badName)
			return
		}
		c.setName(args[0])
		c.ok()
	case name == "getname" && len(args) == 0:
		c.reply(func(b []byte) []byte {
			if c.name == "" {
				return resp.AppendNull(b, c.version)
			}
			return resp.AppendBulk(b, c.name)
		})
	case name == "setinfo" && len(args) == 2:
		c.setInfo(args)
	case name == "id" && len(args) == 0:
		c.number(int(c.id))
	case name == "info" && len(args) == 0:
		c.reply(func(b []byte) []byte { return resp.AppendText(b, c.version, c.line()+"\n") })
	case name == "list":
		c.reply(func(b []byte) []byte { return resp.AppendText(b, c.version, c.door.list()) })
	case (name == "tracking" || name == "caching") && len(args) > 0, (name == "no-evict" || name == "no-touch") && len(args) == 1:
		c.ok() // there is nothing to track, to cache or to evict
	default:
		c.unknownSubcommand("CLIENT", sub, "setname", "getname", "setinfo", "id", "info", "tracking", "caching", "no-evict", "no-touch")
	}
}

func (c *conn) setInfo(args [][]byte) {
	i := map[string]int{"lib-name": 0, "lib-ver": 1}
	which, ok := i[strings.ToLower(string(args[0]))]
	switch {
	case !ok:
		c.fail(fmt.Sprintf("ERR Unrecognized option '%s'", args[0][:min(len(args[0]), 128)]))
	case !plain(args[1]) || len(args[1]) > longestClientName:
		c.fail(fmt.Sprintf("ERR %s cannot contain spaces, newlines or special characters.", args[0]))
	default:
		c.mu.Lock()
		c.library[which] = string(args[1])
		c.mu.Unlock()
		c.ok()
	}
}

// line is the connection as a line of CLIENT LIST.
func (c *conn) line() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	kinds := map[exchange.Kind]int{}
	for n := range c.subs {
		kinds[n.Kind]++
	}
	heard := time.Unix(0, c.heard.Load())
	return fmt.Sprintf("id=%d addr=%s laddr=%s name=%s age=%d idle=%d db=%d sub=%d psub=%d ssub=%d user=%s lib-name=%s lib-ver=%s",
		c.id, c.nc.RemoteAddr(), c.nc.LocalAddr(), c.name, int(time.Since(c.opened).Seconds()), int(time.Since(heard).Seconds()), c.db,
		kinds[exchange.Channel], kinds[exchange.Pattern], kinds[exchange.Shard], c.user, c.library[0], c.library[1])
}

func (d *Door) list() string {
	var b strings.Builder
	for _, c := range d.connections() {
		b.WriteString(c.line())
		b.WriteByte('\n')
	}
	return b.String()
}
