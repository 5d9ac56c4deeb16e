package door

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
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
	raw     net.Conn // the TCP connection
	nc      net.Conn // raw, or TLS over raw
	ctx     context.Context
	cancel  context.CancelFunc
	ended   atomic.Uint32 // an ending
	id      int64
	from    string // as a publisher
	reader  *resp.Reader
	out     *output
	opened  time.Time
	version int  // of RESP
	trusted bool // it has proven who it is, or need not
	leaving bool // the client sent QUIT or ended its input
	limits  preAuth

	batch    []pendingSubscription
	counts   map[exchange.Kind]int
	inherits *lost // guarded by Door.mu
	heard    atomic.Int64

	published batch // has its own mu
	uncounted []uncounted
	watched   int // hubs; see watchHub

	mu      sync.Mutex // guards what the census reads
	user    string
	grant   Grant // nil: it needs none
	name    string
	db      int       // selected with SELECT; has no effect
	library [2]string // its name and version
	subs    map[exchange.Name]*subscription
	hubs    map[string]struct{} // whose messages for all connections it subscribes to; nil: none
}

// A pendingSubscription is one that is asked for and not yet made, with its reply.
type pendingSubscription struct {
	name exchange.Name
	sub  *subscription // nil: it is one of ours already
}

func newConn(d *Door, raw net.Conn) *conn {
	c := &conn{
		door: d, raw: raw, nc: raw, id: d.lastID.Add(1), reader: resp.NewReader(), opened: time.Now(), version: 2,
		counts: map[exchange.Kind]int{}, subs: map[exchange.Name]*subscription{},
	}
	keep := d.o.ReplayBytes
	if d.o.Replay < 0 {
		keep = 0
	}
	c.from = "door-" + strconv.FormatInt(c.id, 10)
	c.ctx, c.cancel = context.WithCancel(d.ctx)
	if d.o.TLS != nil {
		c.nc = tls.Server(raw, d.o.TLS)
	}
	c.out = newOutput(c.nc, raw, d.o.BeforeAuth.Output, keep)
	if d.o.Credentials == nil && d.o.TLS == nil {
		c.trust("default", nil)
	}
	return c
}

// trust lets the client do everything, as long as its grant is valid.
func (c *conn) trust(user string, g Grant) {
	c.leaveLobby()
	c.trusted = true
	c.reader.Trust(c.door.o.limits())
	c.out.allow(c.door.o.Output)
	c.mu.Lock()
	c.user, c.grant = user, g
	c.mu.Unlock()
	if g != nil && !g.Valid() { // Revoke may have run since
		c.revoke()
	}
}

// distrust takes trust back.
func (c *conn) distrust() {
	c.trusted = false
	c.reader.Distrust()
	c.out.restrict(c.door.o.BeforeAuth.Output)
	c.mu.Lock()
	c.grant = nil
	c.mu.Unlock()
	if c.limits.place == nil && !c.enterLobby() {
		c.finalize(noPlace)
	}
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
	defer c.cancel()
	defer c.leaveLobby()
	if !c.secure() {
		return
	}
	var writer sync.WaitGroup
	writer.Go(c.out.write)
	c.read()
	c.end()
	writer.Wait()
	c.reportNoPassword()
	if c.out.lingers() {
		c.leaveLobby()
		c.door.linger(c.raw)
	}
	if c.out.wasSlow() {
		c.reportSlow()
	}
	if c.door.lose(c) {
		return
	}
	c.part()
}

// reportNoPassword reports that the client left without having sent a password that it
// needs. StackExchange.Redis leaves by itself.
func (c *conn) reportNoPassword() {
	if c.limits.refused && !c.limits.password && !c.out.wasSlow() && c.ended.CompareAndSwap(uint32(notEnded), uint32(noPassword)) {
		c.report(noPassword)
	}
}

// reportSlow reports that the connection was cut because the client does not read.
func (c *conn) reportSlow() {
	c.door.metrics.slow.Add(1)
	if !c.trusted {
		if c.ended.CompareAndSwap(uint32(notEnded), uint32(tooSlow)) {
			c.report(tooSlow)
		}
		return
	}
	c.door.o.Logger.Warn("redis endpoint: client cut off: it does not read what it subscribed to", "client", c.describe(), "limit", c.door.o.Output)
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
		c.out.finish(drainTime)
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
	for first := true; !c.leaving; first = false {
		into := c.reader.Feed()
		n, err := c.nc.Read(into)
		if first && c.nc == c.raw && startsTLS(into[:n]) {
			c.finalize(spokeTLS)
			return
		}
		c.reader.Fed(n)
		c.heard.Store(time.Now().UnixNano())
		if !c.commands() {
			c.leaving = true
		}
		c.takeInput(n)
		c.subscribeBatch()
		c.countBatch()
		c.published.end()
		c.out.flush()
		if errors.Is(err, io.EOF) {
			c.endInput()
		}
		if err != nil {
			return
		}
	}
}

// endInput handles the end of the client's input. Pending output is written. A client
// with a name and subscriptions may have crashed and may reconnect: its subscriptions
// and pending messages are kept, and only pending replies are written.
func (c *conn) endInput() {
	if c.identity() == "" || len(c.subs) == 0 || c.door.o.Replay < 0 || c.door.draining.Load() {
		c.leaving = true
		return
	}
	c.out.keepMessages()
}

// commands runs those that are complete. It reports false if the connection is to
// end.
func (c *conn) commands() bool {
	for {
		args, err := c.reader.Next()
		if c.ended.Load() != uint32(notEnded) {
			return false
		}
		if err != nil {
			c.subscribeBatch()
			c.countBatch()
			c.out.stay()
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
