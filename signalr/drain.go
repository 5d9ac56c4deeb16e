package signalr

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// ErrUndrained is the error of a Drain that Undrain has ended.
var ErrUndrained = errors.New("signalr: the drain was undone")

// A DrainReport tells how the clients left that a drain told to reconnect.
type DrainReport struct {
	// Moved is how many clients left in order after they had been told.
	Moved int
	// Disconnected is how many clients were disconnected: they did not answer, or
	// were still connected when the time was over.
	Disconnected int
	// Took is how long the drain took.
	Took time.Duration
}

// A drain is one call of Drain.
type drain struct {
	report DrainReport   // guarded by Server.mu
	begun  time.Time     //
	undone chan struct{} // closed by Undrain
	done   chan struct{} // closed when the call returns
	err    error         // of the call; set before done is closed
}

// Drain has the clients leave: it admits no new connection, tells the clients to
// reconnect, which takes them to another server, and waits until the connections
// and the hub methods that they called have ended. The clients are told one after
// the other in random order, evenly distributed over spread; 0 tells them all at
// once. Clients with server-sent events and long polling come before those with
// WebSockets. Requests of a client are served until it is told.
//
// The server goes on sending: hubs can be sent to until Close. Undrain admits
// connections again.
//
// When ctx ends Drain disconnects the clients that are left and returns ctx's
// error, unless the cause of its end is ErrUndrained: then they stay. The report is
// valid with an error, too. A call while another runs waits for that one and
// returns what it does. The error is ErrServerClosed if the server closes
// meanwhile. Hub methods must not call Drain.
func (s *Server) Drain(ctx context.Context, spread time.Duration) (DrainReport, error) {
	d, first := s.beginDrain()
	switch {
	case d == nil:
		return DrainReport{}, ErrServerClosed
	case !first:
		select {
		case <-d.done:
			return s.reportOf(d), d.err
		case <-ctx.Done():
			return s.reportOf(d), ctx.Err()
		}
	}
	empty := s.served.Empty()
	s.dismiss(ctx, d, empty, spread)
	d.err = s.awaitDeparture(ctx, d, empty)
	s.endDrain(d)
	return s.reportOf(d), d.err
}

// Undrain admits connections again and ends a Drain that runs. Clients that were
// told to leave already still do. The error is ErrServerClosed if the server is
// shut down or closed.
func (s *Server) Undrain() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase > phaseDraining {
		return ErrServerClosed
	}
	s.phase = phaseServing
	if s.drain != nil {
		close(s.drain.undone)
		s.drain = nil
	}
	return nil
}

// Connections returns how many connections are open.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.connections)
}

// Idle returns a channel that is closed when no connection is open and no hub
// method runs. A client may connect at any time after that, unless the server is
// drained.
func (s *Server) Idle() <-chan struct{} { return s.served.Empty() }

// beginDrain returns the drain that runs, or a new one. It returns nil if the
// server has shut down.
func (s *Server) beginDrain() (d *drain, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase > phaseDraining {
		return nil, false
	}
	s.phase = phaseDraining
	if s.drain != nil {
		return s.drain, false
	}
	s.drain = &drain{begun: time.Now(), undone: make(chan struct{}), done: make(chan struct{})}
	return s.drain, true
}

func (s *Server) endDrain(d *drain) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.report.Took = time.Since(d.begun)
	if s.drain == d {
		s.drain = nil
	}
	close(d.done)
}

func (s *Server) reportOf(d *drain) DrainReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	return d.report
}

// dismiss tells the clients to reconnect, over spread. It returns early when the
// drain ends.
func (s *Server) dismiss(ctx context.Context, d *drain, empty <-chan struct{}, spread time.Duration) {
	s.mu.Lock()
	// A connection that was admitted before and is still to be added ends itself.
	connections := slices.Collect(maps.Keys(s.connections))
	s.mu.Unlock()
	rand.Shuffle(len(connections), func(i, j int) {
		connections[i], connections[j] = connections[j], connections[i]
	})
	slices.SortStableFunc(connections, requestsFirst)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i, c := range connections {
		timer.Reset(time.Until(d.begun.Add(turn(i, len(connections), spread))))
		select {
		case <-timer.C:
		case <-empty:
			return
		case <-d.undone:
			return
		case <-ctx.Done():
			return
		case <-s.ctx.Done():
			return
		}
		c.end(ending{reconnect: true, drain: d})
	}
}

// requestsFirst orders clients that send in new requests before the others. During a
// drain a load balancer sends such a request to another server, which does not have the
// connection.
func requestsFirst(a, b *connection) int {
	first, second := a.transport.traits().requests, b.transport.traits().requests
	switch {
	case first == second:
		return 0
	case first:
		return -1
	default:
		return 1
	}
}

// turn returns when, after the start, connection i of n is told to leave: at a
// random time within its share of spread.
func turn(i, n int, spread time.Duration) time.Duration {
	return time.Duration((float64(i) + rand.Float64()) / float64(n) * float64(spread))
}

// awaitDeparture waits until the clients have left, or the drain ends otherwise.
func (s *Server) awaitDeparture(ctx context.Context, d *drain, empty <-chan struct{}) error {
	select {
	case <-empty:
		return nil
	case <-d.undone:
		return ErrUndrained
	case <-s.ctx.Done():
		return ErrServerClosed
	case <-ctx.Done():
	}
	if errors.Is(context.Cause(ctx), ErrUndrained) {
		return ErrUndrained
	}
	s.disconnectAll(d)
	return ctx.Err()
}

// disconnectAll ends the connections that are left at the end of a drain.
func (s *Server) disconnectAll(d *drain) {
	s.mu.Lock()
	rest := slices.Collect(maps.Keys(s.connections))
	for _, c := range rest {
		c.end(ending{reconnect: true, drain: d})
		s.departed(c, true)
	}
	s.mu.Unlock()
	for _, c := range rest {
		c.transport.kill()
	}
}

// departed counts the departure of a client that a drain has told to leave. Only
// the first call for a connection counts. The caller holds mu.
func (s *Server) departed(c *connection, disconnected bool) {
	d := c.leaves()
	switch {
	case d == nil || c.departed:
		return
	case disconnected:
		d.report.Disconnected++
		s.metrics.disconnected.Inc()
	default:
		d.report.Moved++
		s.metrics.moved.Inc()
	}
	c.departed = true
}

// leaves returns the drain that told the client to leave. It returns nil if none
// did, or if the handshake was not complete.
func (c *connection) leaves() *drain {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending == nil || !c.accepted {
		return nil
	}
	return c.ending.drain
}
