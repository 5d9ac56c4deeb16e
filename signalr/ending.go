package signalr

import (
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// closeBase begins the text of every Close message with an error.
const closeBase = "Connection closed with an error."

// errClientTimeout is what a client is told that was silent for too long.
var errClientTimeout = &namedError{
	name:    "OperationCanceledException",
	message: "Client hasn't sent a message/ping within the configured ClientTimeoutInterval.",
}

// An ending says why and how a connection ends.
type ending struct {
	err       error  // for OnDisconnected, and for Close if tell is set
	tell      bool   // Close carries err
	reconnect bool   // the client may reconnect
	silent    bool   // no Close message
	gone      bool   // nothing can be written
	discard   bool   // queued frames are dropped
	failed    bool   // the transport is closed as after a failure
	drain     *drain // the drain that ends it; nil: none
}

// end decides that the connection ends and how. Only the first call counts, and
// returns true.
func (c *connection) end(e ending) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending.Load() != nil {
		return false
	}
	c.ending.Store(&e) // before the client can know: it may come back immediately
	c.outbox.seal(c.farewell(e), e.discard || e.gone)
	c.cancel(e.err)
	if t, ok := c.transport.(*longPoll); ok {
		t.hasten()
	}
	return true
}

// farewell returns the last frame for the client, or nil. The caller holds mu.
func (c *connection) farewell(e ending) []byte {
	if e.silent || e.gone {
		return nil
	}
	if !c.accepted { // the client knows no Close message yet
		return protocol.AppendHandshakeResponse(nil, handshakeCanceled)
	}
	m := protocol.Close{AllowReconnect: e.reconnect}
	if e.tell {
		m.Error = describe(closeBase, e.err, c.hub.options.DetailedErrors)
	}
	frame, _ := c.server.protocols[c.protocol].Append(nil, m) // a Close has nothing that could not be encoded
	return frame
}

// abort ends the connection because the application wants so. It reports false
// if that was ending already.
func (c *connection) abort() bool { return c.end(ending{}) }

// fail ends the connection because of err, which the client is told.
func (c *connection) fail(err error) {
	c.end(ending{err: err, tell: true, reconnect: true})
}

// finish sees the connection off, in the order that section 19 of the protocol
// reference gives.
func (c *connection) finish() {
	c.mu.Lock()
	e, accepted := *c.ending.Load(), c.accepted
	c.mu.Unlock()
	if e.gone { // the client waits for nothing but the end of the transport
		c.transport.close(false)
		c.transport.kill()
	}
	if wraps(e.err, ErrSlow) {
		c.server.metrics.slow.Inc()
		c.log().Warn("connection closed: it does not read what it is sent", "outbox", c.hub.options.OutboxSize)
	}
	// Also when the application ends the goroutine in OnDisconnected.
	defer func() {
		if accepted {
			c.hub.exit(c)
		}
		if !e.gone {
			c.transport.close(e.failed)
		}
		c.log().Debug("disconnected", "err", e.err)
	}()
	if accepted {
		<-c.opened
		if c.greeted && c.hub.disconnected(c, e.err) != nil {
			e.failed = true
		}
	}
}
