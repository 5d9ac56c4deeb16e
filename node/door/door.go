package door

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// A Door lets Redis clients use the mesh. Make one with New. Its methods may be
// called concurrently.
type Door struct {
	o       Options
	runID   string
	started time.Time
	metrics *metrics

	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup
	once   sync.Once

	draining atomic.Bool
	lastID   atomic.Int64
	lobby    lobby
	logged   warnings
	known    int // commands

	lingering chan struct{} // one element for each connection that lingers

	mu     sync.Mutex
	conns  map[*conn]struct{}
	lost   []*lost
	closed bool
	idle   chan struct{} // closed when the last connection ends; nil: nobody asks
}

// New opens a door. The error says everything that is wrong with o.
func New(o Options) (*Door, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	d := &Door{
		o: o, started: time.Now(), conns: map[*conn]struct{}{}, lingering: make(chan struct{}, maxLingering),
		lobby: newLobby(o.BeforeAuth), known: len(commands),
	}
	var id [20]byte
	_, _ = rand.Read(id[:]) // never fails: crypto/rand
	d.runID = hex.EncodeToString(id[:])
	d.metrics = newMetrics(d)
	if o.Metrics != nil {
		if err := o.Metrics.Register(d.metrics); err != nil {
			return nil, fmt.Errorf("door: register metrics: %w", err)
		}
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.work.Go(d.accept)
	return d, nil
}

// Addr is where the door listens.
func (d *Door) Addr() net.Addr { return d.o.Listener.Addr() }

// accept takes connections until the listener closes.
func (d *Door) accept() {
	if d.o.Ready != nil {
		select {
		case <-d.o.Ready:
		case <-d.ctx.Done():
			return
		}
	}
	for pause := time.Duration(0); ; {
		nc, err := d.o.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed) || err != nil && d.ctx.Err() != nil:
			return
		case err != nil: // such as too many open files
			pause = min(time.Second, max(5*time.Millisecond, 2*pause))
			d.o.Logger.Warn("door: connection not accepted", "err", err)
			select {
			case <-time.After(pause):
			case <-d.ctx.Done():
				return
			}
		default:
			pause = 0
			d.take(nc)
		}
	}
}

// take serves a connection, or refuses it if there are too many.
func (d *Door) take(nc net.Conn) {
	c := newConn(d, nc)
	if !c.trusted && !c.enterLobby() {
		d.metrics.refused.Add(1)
		c.report(noPlace)
		d.refuse(nc, noPlace)
		return
	}
	d.mu.Lock()
	full := len(d.conns) >= d.o.MaxClients
	if !full && !d.closed {
		d.conns[c] = struct{}{}
	}
	closed := d.closed
	d.mu.Unlock()
	if full || closed {
		c.leaveLobby()
		d.metrics.refused.Add(1)
		if full {
			c.report(noPlace)
		}
		d.refuse(nc, noPlace)
		return
	}
	d.work.Go(func() {
		c.serve()
		d.gone(c)
	})
}

func (d *Door) gone(c *conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.conns, c)
	if len(d.conns) == 0 && d.idle != nil {
		close(d.idle)
		d.idle = nil
	}
}

// Shutdown does what Drain does, and closes the door.
func (d *Door) Shutdown(ctx context.Context) error {
	d.Drain(ctx)
	return d.Close()
}

// Close closes the door and every connection, and waits for their goroutines. What
// waits to be written to clients is written, within a bound. Every call returns nil
// when that is done.
func (d *Door) Close() error {
	d.once.Do(func() {
		_ = d.o.Listener.Close() // it is not used any more
		d.mu.Lock()
		d.closed = true
		for c := range d.conns {
			c.out.finish(finishTime)
		}
		d.mu.Unlock()
		d.cancel()
		d.lobby.turns.close()
		if d.o.Metrics != nil {
			d.o.Metrics.Unregister(d.metrics)
		}
	})
	d.work.Wait()
	d.forgetLost()
	return nil
}

// addrOf is the IP address of a client; the zero Addr if it has none.
func addrOf(a net.Addr) netip.Addr {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr()
}
