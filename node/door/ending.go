package door

import (
	"io"
	"net"
	"time"

	"github.com/signalmesh/signalmesh/mesh/admission"
	"github.com/signalmesh/signalmesh/node/door/resp"
)

// An ending is why the endpoint ended a connection.
type ending uint32

const (
	notEnded    ending = iota
	spokeHTTP          // it sent an HTTP request
	spokeTLS           // it speaks TLS, the endpoint does not
	spokePlain         // the endpoint speaks TLS, it does not
	tooLate            // it did not authenticate in time
	tooMany            // it sent too many commands before it authenticated
	tooLong            // it sent too many bytes before it authenticated
	tooSlow            // it did not read the replies before it authenticated
	displaced          // a new connection took its place
	noPlace            // there was no place for it
	userRevoked        // its user was removed or changed
	noPassword         // it left, and had sent commands and no password
	moved              // it did not leave for another endpoint by itself; see Drain
	lastEnding
)

// endings are the metric label, the reply to the client and the log message of each
// ending.
var endings = [lastEnding]struct{ label, reply, log string }{
	spokeHTTP: {"http", "",
		"connection closed: the client sent an HTTP request, as a web page in a browser may; nothing of it was run. If the client is a load balancer, give it a TCP check instead of an HTTP check"},
	spokeTLS: {"tls", "",
		"connection closed: the client speaks TLS, the endpoint does not; set ssl=false (redis://) in the client, or give the node --redis-tls-cert and --redis-tls-key"},
	spokePlain: {"plain", "ERR signalmesh: this endpoint speaks TLS; connect with TLS (ssl=true, rediss://)",
		"connection closed: the client does not speak TLS, the endpoint does; set ssl=true (rediss://) in the client"},
	tooLate: {"time", "",
		"connection closed: the client did not authenticate in time; give it the password of the endpoint"},
	tooMany: {"commands", "ERR signalmesh: too many commands before AUTH; send AUTH first",
		"connection closed: too many commands before AUTH; give the client the password of the endpoint"},
	tooLong: {"input", "ERR signalmesh: too much input before AUTH; send AUTH first",
		"connection closed: too much input before AUTH; give the client the password of the endpoint"},
	tooSlow: {"output", "", "connection closed: the client does not read its replies, and has not authenticated"},
	displaced: {"displaced", "ERR signalmesh: too many connections that have not authenticated; try again",
		"connection closed: too many connections have not authenticated; the oldest are closed for new ones. Look for clients without a password at this address"},
	noPlace:     {"full", "ERR max number of clients reached", "connection refused: too many connections; look for clients that open connections without end"},
	userRevoked: {"revoked", "", ""}, // Revoke logs
	noPassword: {"no_password", "",
		"the client sent commands without a password, and left; give it the password of the endpoint (password=…)"},
	moved: {"moved", "", ""}, // the report of the drain has it
}

// finalize closes the connection for a reason. Pending output is written first, then
// the reply for that reason. Only the first call has an effect. finalize does not block
// and may be called concurrently.
func (c *conn) finalize(e ending) {
	if !c.ended.CompareAndSwap(uint32(notEnded), uint32(e)) {
		return
	}
	c.report(e)
	c.cancel()
	switch reply := endings[e].reply; {
	case e == spokeTLS:
		c.reply(func(b []byte) []byte { return append(b, noTLS...) })
	case reply != "":
		c.fail(reply)
	}
	c.out.stay()
	c.out.finish(finishTime)
}

// report counts and logs an ending.
func (c *conn) report(e ending) {
	d := c.door
	d.metrics.ended[e].Add(1)
	if text := endings[e].log; text != "" {
		from := admission.Network(addrOf(c.raw.RemoteAddr())).Addr().String()
		d.logged.clients.warn(d.o.Logger, endings[e].label+" "+from, text, "client", c.describe(), "application", d.o.Application)
	}
}

const (
	// lingerTime and lingerBytes bound how long, and for how much, a connection that
	// was ended is still read: closing it with unread input would take back what was
	// written to it last.
	lingerTime  = time.Second
	lingerBytes = 64 << 10
	// maxLingering bounds how many connections linger at a time.
	maxLingering = 64
)

// linger reads and discards what the client still sends, within bounds, and closes the
// connection.
func (d *Door) linger(nc net.Conn) {
	select {
	case d.lingering <- struct{}{}:
		defer func() { <-d.lingering }()
		_ = nc.SetReadDeadline(time.Now().Add(lingerTime))
		_, _ = io.CopyN(io.Discard, nc, lingerBytes) // ends with the connection, or in time
	case <-d.ctx.Done():
	default:
	}
	_ = nc.Close()
}

// refuse closes a connection that gets no goroutine. It does not block: nothing was
// written to the connection before.
func (d *Door) refuse(nc net.Conn, e ending) {
	if d.o.TLS == nil {
		_ = nc.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = nc.Write(resp.AppendError(nil, endings[e].reply)) // the connection is closed anyway
	}
	_ = nc.Close()
}
