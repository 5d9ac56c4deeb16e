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

// A DrainReport is the result of a drain.
type DrainReport struct {
	// Moved is the number of clients that left after they had got a Close message.
	Moved int
	// Disconnected is the number of clients that did not answer to their Close
	// message, or were still connected at the end.
	Disconnected int
	// Gone is the number of clients that had gone before their Close message: that
	// no longer polled, or with stateful reconnect had no WebSocket. A load balancer
	// that takes a server out of service has this effect on long polling.
	Gone int
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

// Drain moves the clients to other servers. It admits no new connections, sends each
// client a Close message that makes it reconnect, and waits until the connections and
// the hub methods that they called have ended. The Close messages go out in random
// order, evenly distributed over spread, or immediately if spread is 0. Clients with
// server-sent events and long polling come before those with WebSockets. Each client is
// served until its Close message.
//
// Hubs still send until Close. Undrain admits connections again.
//
// When ctx ends, Drain disconnects the remaining clients and returns ctx's error. If the
// cause of ctx's end is ErrUndrained, it returns that and the clients stay connected. The
// report is valid with an error, too. A call during another one waits for it and returns
// the same. The error is ErrServerClosed if the server closes. Hub methods must not call
// Drain.
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

// Undrain admits connections again and ends a Drain that runs. Clients that have
// got a Close message still leave. The error is ErrServerClosed if the server is
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

// dismiss sends the Close messages, over spread. It returns early if the drain ends.
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

// turn returns the time from the start of a drain to the Close message of connection i
// of n: a random time within the connection's share of spread.
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

// disconnectAll ends the connections that remain at the end of a drain.
func (s *Server) disconnectAll(d *drain) {
	s.mu.Lock()
	rest := slices.Collect(maps.Keys(s.connections))
	for _, c := range rest {
		c.end(ending{reconnect: true, drain: d})
		s.departed(c, errClientSilent)
	}
	s.mu.Unlock()
	for _, c := range rest {
		c.transport.kill()
	}
}

// departed counts the end of a connection that a drain has ended, by the error that
// receive returned. Only the first call for a connection counts. The caller holds mu.
func (s *Server) departed(c *connection, err error) {
	d := c.leaves()
	switch {
	case d == nil || c.departed:
		return
	case errors.Is(err, errClientAway):
		d.report.Gone++
		s.metrics.gone.Inc()
	case errors.Is(err, errClientSilent):
		d.report.Disconnected++
		s.metrics.disconnected.Inc()
	default:
		d.report.Moved++
		s.metrics.moved.Inc()
	}
	c.departed = true
}

// leaves returns the drain that ended the connection. It returns nil if none did, or if
// the handshake was not complete.
func (c *connection) leaves() *drain {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending.Load() == nil || !c.accepted {
		return nil
	}
	return c.ending.Load().drain
}
