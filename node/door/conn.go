package door

import (
	"errors"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalmesh/signalmesh/node/door/resp"
	"github.com/signalmesh/signalmesh/node/exchange"
)

// A conn is one connection. Its fields are those of the goroutine that reads, but
// for what says otherwise.
type conn struct {
	door    *Door
	nc      net.Conn
	id      int64
	from    string // as a publisher
	reader  *resp.Reader
	out     *output
	opened  time.Time
	version int  // of RESP
	trusted bool // it has proven who it is, or need not
	leaving bool // QUIT

	batch    []pendingSubscription
	counts   map[exchange.Kind]int
	inherits *lost // guarded by Door.mu
	heard    atomic.Int64

	published batch // has its own mu
	uncounted []uncounted

	mu      sync.Mutex // guards what the census reads
	user    string
	name    string
	library [2]string // its name and version
	subs    map[exchange.Name]*subscription
}

// A pendingSubscription is one that is asked for and not yet made, with its reply.
type pendingSubscription struct {
	name exchange.Name
	sub  *subscription // nil: it is one of ours already
}

func newConn(d *Door, nc net.Conn) *conn {
	c := &conn{
		door: d, nc: nc, id: d.lastID.Add(1), reader: resp.NewReader(), opened: time.Now(), version: 2,
		counts: map[exchange.Kind]int{}, subs: map[exchange.Name]*subscription{},
	}
	keep := d.o.ReplayBytes
	if d.o.Replay < 0 {
		keep = 0
	}
	c.from = "door-" + strconv.FormatInt(c.id, 10)
	c.out = newOutput(nc, d.o.Output, keep)
	if d.o.Authenticate == nil {
		c.trust("default")
	}
	return c
}

// trust lets the client do everything.
func (c *conn) trust(user string) {
	c.trusted = true
	c.reader.Trust(c.door.o.limits())
	c.mu.Lock()
	defer c.mu.Unlock()
	c.user = user
}

// identity is by what a client is known that comes back; empty if it cannot be.
func (c *conn) identity() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.name == "" {
		return ""
	}
	return c.user + " " + c.name + " " + addrOf(c.nc.RemoteAddr()).String()
}

// serve reads commands until the connection ends, and tidies up behind it.
func (c *conn) serve() {
	var writer sync.WaitGroup
	writer.Go(c.out.write)
	c.read()
	c.end()
	writer.Wait()
	if c.out.wasSlow() {
		c.door.metrics.slow.Add(1)
		c.door.o.Logger.Warn("door: client cut off: it does not read what it subscribed to", "client", c.describe(), "limit", c.door.o.Output)
	}
	if c.door.lose(c) {
		return
	}
	c.part()
}

// part ends all subscriptions.
func (c *conn) part() {
	for n := range c.subs {
		c.drop(n)
	}
}

// end makes the writer end: at once if the client is gone, and otherwise when all is
// written.
func (c *conn) end() {
	if c.leaving { // who hears that it is over shall not be counted any more
		c.part()
		c.out.finish()
		return
	}
	c.out.mu.Lock()
	if !c.out.finished {
		c.out.sever()
	}
	c.out.mu.Unlock()
	c.out.flush()
}

func (c *conn) read() {
	for !c.leaving {
		n, err := c.nc.Read(c.reader.Feed())
		c.reader.Fed(n)
		c.heard.Store(time.Now().UnixNano())
		if !c.commands() {
			c.leaving = true
		}
		c.subscribeBatch()
		c.countBatch()
		c.published.end()
		c.out.flush()
		if err != nil {
			return
		}
	}
}

// commands runs those that are complete. It reports false if the connection is to
// end.
func (c *conn) commands() bool {
	for {
		args, err := c.reader.Next()
		if err != nil {
			c.subscribeBatch()
			c.countBatch()
			c.door.metrics.malformed.Add(1)
			var broken *resp.ProtocolError
			if errors.As(err, &broken) {
				c.fail("ERR " + broken.Error())
			}
			return false
		}
		if args == nil {
			return true
		}
		if c.run(args); c.leaving {
			return false
		}
	}
}

// reply appends a reply.
func (c *conn) reply(add func(dst []byte) []byte) { c.out.reply(add) }

func (c *conn) ok() { c.simple("OK") }

func (c *conn) simple(text string) {
	c.reply(func(b []byte) []byte { return resp.AppendSimple(b, text) })
}

func (c *conn) fail(text string) {
	c.reply(func(b []byte) []byte { return resp.AppendError(b, text) })
}

func (c *conn) number(n int) {
	c.reply(func(b []byte) []byte { return resp.AppendInt(b, n) })
}

// describe names the client for the log.
func (c *conn) describe() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.name == "" {
		return c.nc.RemoteAddr().String()
	}
	return c.name + " at " + c.nc.RemoteAddr().String()
}

// tell delivers a message of the door's own, if the client subscribes to its
// channel.
func (c *conn) tell(n exchange.Name, m *exchange.Message) {
	c.mu.Lock()
	s := c.subs[n]
	c.mu.Unlock()
	if s != nil {
		s.Deliver(m)
	}
}
