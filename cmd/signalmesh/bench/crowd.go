//go:build linux

package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// lateAfter is how long nothing must have come until what is missing is called so: as
// long as servers take to give each other up.
const lateAfter = 10 * time.Second

// A crowd is the clients of a process.
type crowd struct {
	protocol  protocol.Protocol
	addresses []string
	visitors  []*visitor
	play      atomic.Pointer[running]
	work      sync.WaitGroup

	mu          sync.Mutex // guards what is below
	moved, back int        // visitors that lost their server, and those that are at another
	again       int        // attempts of theirs that failed, why the first one did
	why         string
	last        int64 // when the last of them was there, in nanoseconds
}

// runClients is a process with clients. It ends when in does.
func runClients(args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet(roleClients, flag.ContinueOnError)
	if err := flags.Parse(args); err != nil {
		return err
	}
	c := &crowd{protocol: protocol.JSON()}
	c.play.Store(new(running))
	err := obey(in, out, Reply{}, c.do)
	c.work.Wait()
	return err
}

// do carries out a command. Connections, and what plays, end with ctx.
func (c *crowd) do(ctx context.Context, command Command) (r Reply, err error) {
	switch {
	case command.Op == opCome && command.Come != nil:
		r.Came, err = c.come(ctx, *command.Come)
	case command.Op == opPlay && command.Play != nil:
		c.begin(ctx, *command.Play)
	case command.Op == opEnd && command.End != nil:
		r.Played, err = c.end(ctx, *command.End)
	default:
		err = fmt.Errorf("clients are not told %q", command.Op)
	}
	return r, err
}

// come connects all clients at once, and returns when all are ready.
func (c *crowd) come(ctx context.Context, in Come) (*Came, error) {
	c.addresses = in.Addresses
	var ready histogram
	var last atomic.Int64
	came := new(Came)
	errs := make(chan error, in.Count)
	begin := now()
	for i := range in.Count {
		v := &visitor{crowd: c, index: i, home: i % len(in.Addresses)}
		c.visitors = append(c.visitors, v)
		c.work.Go(func() {
			failed, why, err := v.come(ctx, v.home, -1)
			c.mu.Lock()
			came.Again += failed
			came.Why = cmp.Or(came.Why, why)
			c.mu.Unlock()
			took := now() - begin
			ready.add(time.Duration(took))
			storeMax(&last, begin+took)
			if errs <- err; err == nil {
				c.stay(ctx, v)
			}
		})
	}
	var err error
	for range in.Count {
		if one := <-errs; err == nil { // as a rule the others have the same
			err = one
		}
	}
	came.Ready, came.Last = ready.counts(), last.Load()
	return came, err
}

// stay has a client listen, and look for another server when it loses its own.
func (c *crowd) stay(ctx context.Context, v *visitor) {
	for {
		_ = v.listen() // it is gone, why does not matter
		if ctx.Err() != nil {
			return
		}
		c.mu.Lock()
		c.moved++
		c.mu.Unlock()
		failed, why, err := v.come(ctx, v.elsewhere(), v.home)
		c.mu.Lock()
		c.again += failed
		c.why = cmp.Or(c.why, why)
		if err == nil {
			c.back++
			c.last = max(c.last, now())
		}
		c.mu.Unlock()
		if err != nil {
			return // who waits for it to be back tells
		}
	}
}

// begin begins a play.
func (c *crowd) begin(ctx context.Context, p Play) {
	for _, v := range c.visitors {
		v.heard.Store(0)
	}
	r := newRunning(c, p)
	c.play.Store(r)
	r.pacing, r.stop = make(chan struct{}), func() {}
	if p.Rate > 0 {
		ctx, r.stop = context.WithCancel(ctx)
	}
	c.work.Go(func() {
		defer close(r.pacing)
		r.begin(ctx)
	})
}

// end ends the play, at once if it is at a rate and else after its End: when all that
// was sent has arrived, or nothing has for so long that it is missing.
func (c *crowd) end(ctx context.Context, e End) (*Played, error) {
	r := c.play.Load()
	if r.stop == nil {
		return nil, errors.New("nothing is played")
	}
	r.stop()
	<-r.pacing
	if r.Rate == 0 {
		if err := pause(ctx, r.End); err != nil {
			return nil, err
		}
	}
	least, progress := -1, time.Now()
	for missing := r.missing(); missing > 0 && time.Since(progress) < lateAfter; missing = r.missing() {
		if missing < least || least < 0 {
			least, progress = missing, time.Now()
		}
		if err := pause(ctx, now()+int64(5*time.Millisecond)); err != nil {
			return nil, err
		}
	}
	played := r.played(e)
	for begun := time.Now(); ; {
		c.mu.Lock()
		played.Moved, played.Back, played.Again, played.Why, played.Last = c.moved, c.back, c.again, c.why, c.last
		c.mu.Unlock()
		if played.Back >= e.Back || time.Since(begun) > 30*time.Second {
			return played, nil
		}
		if err := pause(ctx, now()+int64(5*time.Millisecond)); err != nil {
			return nil, err
		}
	}
}

// take takes a hub message that a client got.
func (c *crowd) take(v *visitor, m protocol.Message) {
	switch m := m.(type) {
	case protocol.Invocation:
		c.play.Load().heard(v, m)
	case protocol.Completion:
		c.play.Load().answered(v, m)
	}
}

// storeMax makes a the larger of itself and v.
func storeMax(a *atomic.Int64, v int64) {
	for old := a.Load(); v > old && !a.CompareAndSwap(old, v); old = a.Load() {
	}
}
