package signalr

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A connection is one client's link: hub messages both ways over a transport.
//
// It has a goroutine, and another while there is something to write. The reader
// (serve) takes messages in and dispatches them; the writer (write) empties the
// outbox and, when the connection is ending, sees it off. Hub methods run in
// goroutines of their own while there are any. Whatever decides that the
// connection ends calls end; the first decision stands.
type connection struct {
	server    *Server
	hub       *Hub
	id        string
	request   *http.Request
	transport transport
	outbox    *outbox
	calls     limiter
	running   inFlight
	asking    atomic.Int32 // calls that wait for an answer of a client
	items     Items
	principal atomic.Pointer[User] // of the last request that counts; nil: nobody is known

	// ctx ends with the connection: once it is decided that it ends, and before
	// anything is undone.
	ctx    context.Context
	cancel context.CancelCauseFunc

	opened   chan struct{} // closed when the reader has done with opening
	finished chan struct{} // closed when the writer has seen the connection off

	// Set by the reader when the handshake is accepted, and fixed from then on.
	user     string
	protocol int   // index in server.protocols
	link     *link // the transport, if it can be replaced; nil: it cannot

	// Set by the reader before opened is closed, and read by the writer after it.
	held    []string // channels acquired besides those of groups
	greeted bool     // OnConnected has succeeded

	groups map[string]struct{} // guarded by hub.registry.mu

	departed bool // a drain has counted the connection; guarded by Server.mu

	mu       sync.Mutex // before outbox.mu
	liveness liveness
	accepted bool                   // the handshake is accepted: user and protocol are set
	ending   atomic.Pointer[ending] // nil while the connection lives; written under mu
}

func newConnection(s *Server, h *Hub, id string, r *http.Request, t transport) *connection {
	c := &connection{
		server:    s,
		hub:       h,
		id:        id,
		request:   r,
		transport: t,
		opened:    make(chan struct{}),
		finished:  make(chan struct{}),
		liveness:  liveness{opened: time.Now()},
	}
	c.outbox = newOutbox(h.options.OutboxSize, c.write)
	c.calls.init(h.options.ParallelInvocations)
	c.principal.Store(userOf(r))
	c.ctx, c.cancel = context.WithCancelCause(s.ctx)
	return c
}

// serve is the reader. It returns when nothing of the connection is left.
func (c *connection) serve() {
	c.live()
	c.awaitMethods()
}

// awaitMethods returns when no hub method runs any more.
func (c *connection) awaitMethods() {
	c.calls.wait()
	c.running.background.Wait()
}

// live is serve, but that hub methods may still run when it returns.
func (c *connection) live() {
	c.server.add(c)
	var in intake
	defer c.conclude(&in) // also when the application ends the goroutine
	if c.shakeHands(&in) && c.open() {
		c.read(&in)
	}
}

// conclude waits for the writer, closes the transport and removes the connection.
func (c *connection) conclude(in *intake) {
	c.end(ending{failed: true}) // has an effect only after runtime.Goexit
	var err error
	for err == nil { // let the closing of the transport come to its end
		in.drop()
		err = in.receive(c.transport)
	}
	in.drop()
	<-c.finished
	c.transport.kill()
	c.server.remove(c, err)
}

// open makes the connection known, to the other servers and then to its hub.
func (c *connection) open() bool {
	defer close(c.opened)
	if err := c.hub.enter(c); err != nil {
		c.log().Warn("connection refused: it cannot be announced", "err", err)
		c.end(ending{err: err, silent: true, failed: true})
		return false
	}
	if err := c.hub.connected(c); err != nil {
		c.log().Log(context.Background(), failureLevel(err), "connection refused by OnConnected", "err", err)
		c.end(ending{err: err, tell: true})
		return false
	}
	c.greeted = true
	c.log().Debug("connected", "user", c.user)
	return true
}

// send queues a frame. A connection that is ending takes it and drops it.
func (c *connection) send(frame []byte) {
	if err := c.outbox.put(frame); err != nil {
		c.end(ending{err: err, tell: true, reconnect: true, discard: true})
		return
	}
	c.server.metrics.sent.Inc()
}

// deliver queues a message that is on its way to many.
func (c *connection) deliver(m *message) {
	frame, err := m.frame(c.protocol)
	if err != nil {
		c.fail(err)
		return
	}
	c.send(frame)
}

// tick does what is due at now.
func (c *connection) tick(now time.Time) {
	if c.hub.options.CloseOnExpiry && c.principal.Load().expired(now) {
		c.end(ending{reconnect: true})
		return
	}
	c.mu.Lock()
	v := c.liveness.tick(now, c.hub.times)
	l := c.link
	c.mu.Unlock()
	if l != nil {
		l.tick(now)
	}
	switch v {
	case needsPing:
		if l != nil {
			l.ping() // also when what is queued must wait
		} else if c.outbox.idle() && !c.transport.traits().noPings { // else something is on its way already
			c.send(c.server.pings[c.protocol])
		}
	case silent:
		c.fail(errClientTimeout)
	case handshakeLate:
		c.server.metrics.handshakeFailures.Inc()
		c.end(ending{})
	}
}

// write is the writer. The outbox starts it, again and again, until the one that
// finds the outbox at its end sees the connection off.
func (c *connection) write() {
	growStack4(0)
	frames, over := c.outbox.take(nil)
	for len(frames) > 0 {
		if err := c.transport.send(frames); err != nil {
			c.log().Debug("connection lost in writing", "err", err)
			c.end(ending{gone: true})
			c.transport.kill()
			over = true
			break
		}
		clear(frames)
		frames, over = c.outbox.take(frames[:0])
	}
	if over {
		defer close(c.finished)
		c.finish()
	}
}

// log returns the logger that knows the connection.
func (c *connection) log() *slog.Logger {
	return c.server.log.With("hub", c.hub.path, "connection", c.id)
}
