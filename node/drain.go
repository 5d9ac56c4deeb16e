package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/signalmesh/signalmesh/signalr"
)

// errUndone ends a drain that Undrain undoes.
var errUndone = signalr.ErrUndrained

// A DrainReport is the result of a drain. It does not count clients that left before
// they got a Close message.
type DrainReport struct {
	Moved        int           // clients of hubs that left after a Close message
	Disconnected int           // clients of hubs that did not leave in time
	Gone         int           // clients of hubs that had gone before; see signalr.DrainReport
	RedisMoved   int           // clients of Redis doors that left
	RedisLeft    int           // clients of Redis doors that are served until Close
	Took         time.Duration // with the delay
}

// A drain takes a node out of service.
type drain struct {
	plan   drainPlan
	begun  time.Time
	ctx    context.Context // ends with the time for clients to leave
	cancel context.CancelCauseFunc
	final  bool          // it cannot be undone; guarded by life.mu
	done   chan struct{} // closed when the drain is over
	report DrainReport   // set before done is closed
}

func newDrain(plan drainPlan) *drain {
	d := &drain{plan: plan, begun: time.Now(), done: make(chan struct{})}
	d.ctx, d.cancel = context.WithCancelCause(context.Background())
	return d
}

// Drain moves the clients to other nodes and leaves the node open. The node reports that
// it is not ready, serves as before for Options.DrainDelay, and then refuses new
// connections and sends the clients a Close message over Options.DrainSpread. Drain
// returns when no client is connected. After Options.DrainTimeout it disconnects the
// remaining clients; the error is nil.
//
// The application can send to hubs, and the node is a member of the mesh, until Close.
// An application with its own web server shuts it down between Drain and Close.
// Undrain puts the node into service again.
//
// When ctx ends, Drain disconnects the remaining clients and returns ctx's error. The
// error is signalr.ErrUndrained if the drain is undone, and ErrClosed if the node
// closes. A call during or after another Drain returns the report of that one.
func (n *Node) Drain(ctx context.Context) (DrainReport, error) {
	return n.await(ctx, false)
}

// await begins a drain, or joins the present one, and waits for its end.
func (n *Node) await(ctx context.Context, final bool) (DrainReport, error) {
	d, err := n.beginDrain(final)
	if err != nil {
		return DrainReport{}, err
	}
	n.warnOfShortTime(ctx, d)
	var late error
	select {
	case <-d.done:
	case <-ctx.Done():
		if !closed(d.done) {
			late = ctx.Err()
			d.cancel(late)
			<-d.done
		}
	}
	if cause := context.Cause(d.ctx); errors.Is(cause, errUndone) || errors.Is(cause, ErrClosed) {
		return d.report, cause
	}
	return d.report, late
}

// warnOfShortTime logs that ctx leaves less time than a drain was given by Options.
func (n *Node) warnOfShortTime(ctx context.Context, d *drain) {
	deadline, limited := ctx.Deadline()
	clients := n.clients()
	if !limited || clients == 0 || closed(d.done) {
		return
	}
	needed := max(0, d.plan.delayOf(clients)-time.Since(d.begun)) + d.plan.spreadOf(clients)
	if left := time.Until(deadline); left < needed {
		n.log.Warn("the time for the drain is too short, so clients will be disconnected; give Drain or Shutdown more time, or shorten DrainDelay and DrainSpread",
			"time", left.Round(time.Millisecond), "needed", needed.Round(100*time.Millisecond), "clients", clients)
	}
}

// Undrain puts a node that is drained, or being drained, into service again: it
// admits clients, and reports that it is ready. It does nothing if the node serves.
// The error is ErrClosed if the node closes; a Shutdown cannot be undone either.
func (n *Node) Undrain() error {
	d, err := n.life.undo()
	if d == nil || err != nil {
		return err
	}
	if err := n.reopen(); err != nil {
		return err
	}
	if n.hubs != nil {
		if err := n.hubs.Undrain(); err != nil {
			return err
		}
	}
	for _, a := range n.applications() {
		if a.door != nil {
			a.door.Undrain()
		}
	}
	n.keepAlive(true)
	n.life.resume(d)
	n.log.Info("drain undone: the node serves clients again", "clients", n.clients())
	return nil
}

// Shutdown does what Drain and then Close do. It cannot be undone. When ctx ends it
// disconnects the remaining clients, and the error is ctx's.
func (n *Node) Shutdown(ctx context.Context) error {
	var err error
	for { // a drain that is being undone is begun again, once
		_, err = n.await(ctx, true)
		if !errors.Is(err, errUndone) {
			break
		}
	}
	if errors.Is(err, ErrClosed) {
		err = nil // by another call
	}
	return errors.Join(err, n.Close())
}

// beginDrain begins a drain, or returns the present one.
func (n *Node) beginDrain(final bool) (*drain, error) {
	return n.life.begin(n.settings.drain, final, n.drain)
}

// drain runs a drain. It is a goroutine.
func (n *Node) drain(d *drain) {
	defer close(d.done)
	clients := n.clients()
	n.log.Info("draining: the node is not ready; after the delay its clients get a Close message", "clients", clients,
		"delay", d.plan.delayOf(clients), "spread", d.plan.spreadOf(clients), "timeout", d.plan.timeout)
	n.delay(d)
	n.life.advance(d, Moving)
	n.shut(d)
	n.move(d)
	d.report.Took = time.Since(d.begun)
	if errors.Is(context.Cause(d.ctx), errUndone) {
		return
	}
	n.keepAlive(false)
	n.life.advance(d, Drained)
	n.log.Info("drained", "moved", d.report.Moved, "disconnected", d.report.Disconnected, "gone", d.report.Gone,
		"redis_moved", d.report.RedisMoved, "redis_left", d.report.RedisLeft, "took", d.report.Took.Round(time.Millisecond))
}

// delay waits until load balancers have noticed that the node is not ready.
func (n *Node) delay(d *drain) {
	var idle <-chan struct{} // nil: the delay is waited for in any case
	if n.hubs == nil {
		return
	}
	if d.plan.adaptDelay {
		idle = n.hubs.Idle()
	}
	timer := time.NewTimer(d.plan.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-idle:
	case <-d.ctx.Done():
	}
}

// move moves the clients of the hubs and of the Redis doors to other nodes.
func (n *Node) move(d *drain) {
	ctx, cancel := context.WithDeadline(d.ctx, d.begun.Add(d.plan.timeout))
	defer cancel()
	var leaving sync.WaitGroup
	if n.hubs != nil {
		leaving.Go(func() {
			report, _ := n.hubs.Drain(ctx, d.plan.spreadOf(n.clients())) // the report has it all
			d.report.Moved, d.report.Disconnected, d.report.Gone = report.Moved, report.Disconnected, report.Gone
		})
	}
	moved, left := n.moveRedis(ctx)
	leaving.Wait()
	d.report.RedisMoved, d.report.RedisLeft = moved, left
}

// moveRedis moves the clients of the Redis doors, within redisTime. It does not wait for
// clients that have no other endpoint.
func (n *Node) moveRedis(ctx context.Context) (moved, left int) {
	ctx, cancel := context.WithTimeout(ctx, redisTime)
	defer cancel()
	if n.o.RedisClientsStay {
		cancel()
	}
	var leaving sync.WaitGroup
	var mu sync.Mutex // guards the results
	for _, a := range n.applications() {
		if a.door == nil {
			continue
		}
		leaving.Go(func() {
			m, l := a.door.Drain(ctx)
			mu.Lock()
			defer mu.Unlock()
			moved, left = moved+m, left+l
		})
	}
	leaving.Wait()
	return moved, left
}

// shut refuses new connections of clients, unless the drain d is undone. Clients that
// are connected stay, and requests on connections that load balancers keep open are
// answered.
func (n *Node) shut(d *drain) {
	if n.http == nil || errors.Is(context.Cause(d.ctx), errUndone) {
		return
	}
	if err := n.http.shut(); err != nil {
		n.log.Warn("the listener for clients was not closed; clients may return to this node", "addr", n.HTTPAddr(), "err", err)
	}
}

// reopen accepts connections of clients again.
func (n *Node) reopen() error {
	if n.http == nil {
		return nil
	}
	if err := n.http.open(); err != nil {
		return fmt.Errorf("the node stays drained, since its listener for clients cannot be opened again; undo the drain again when the cause is removed: %w", err)
	}
	return nil
}

// keepAlive sets whether the node's HTTP listener keeps TCP connections open between
// requests. A drained node does not, so that load balancers do not reuse them.
func (n *Node) keepAlive(on bool) {
	if n.server != nil {
		n.server.SetKeepAlivesEnabled(on)
	}
}

// clients returns how many clients are connected to the hubs.
func (n *Node) clients() int {
	if n.hubs == nil {
		return 0
	}
	return n.hubs.Connections()
}
