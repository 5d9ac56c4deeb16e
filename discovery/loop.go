package discovery

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A Loop dials seeds until the mesh has a peer, and again whenever it has none.
//
// It logs each dialled address at Debug, once a walk; at Info the first seed that
// answers after a time alone, an address that is this node's own, and the loss of
// the last peer; at Warn a walk that found nobody, with the reason of each address,
// and then not again until a reason changes.
type Loop struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
	first  chan struct{}
}

// New starts a Loop. Close ends it.
func New(o Options) (*Loop, error) {
	o, err := o.complete()
	if err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &Loop{cancel: cancel, first: make(chan struct{})}
	r := newRunner(o, sync.OnceFunc(func() { close(l.first) }))
	l.done.Go(func() { r.run(ctx) }) // ends with ctx
	return l, nil
}

// FirstRound is closed when a seed has answered, the mesh has a peer, or every seed
// was tried once, whichever is first; without seeds at once. A node is worth
// calling ready then.
func (l *Loop) FirstRound() <-chan struct{} { return l.first }

// Close ends the dialling and waits for it; a dial on its way is cancelled. It may
// be called twice and returns nil.
func (l *Loop) Close() error {
	l.cancel()
	l.done.Wait()
	return nil
}

// run alternates between looking for a peer and resting, until ctx ends.
func (r *runner) run(ctx context.Context) {
	for ctx.Err() == nil {
		r.search(ctx)
		r.rest(ctx)
	}
}

// search walks over the seeds until the mesh has a peer.
func (r *runner) search(ctx context.Context) {
	r.schedule.restart()
	r.greeted = false
	for ctx.Err() == nil && !r.joined() {
		if len(r.seeds) == 0 {
			r.firstRound()
			r.wait(ctx, nil, true)
			continue
		}
		r.walk(ctx)
		if ctx.Err() == nil {
			r.firstRound()
		}
		t := time.NewTimer(r.schedule.next())
		r.wait(ctx, t.C, true)
		t.Stop()
	}
	r.warned = ""
	if ctx.Err() == nil {
		r.firstRound()
	}
}

// rest looks for parts of the mesh apart from this one, until the last peer is
// lost. The first look comes soon, as nodes that start together may well have
// found each other in pairs.
func (r *runner) rest(ctx context.Context) {
	pause := r.policy.Interval
	for ctx.Err() == nil {
		t := time.NewTimer(r.schedule.jitter(pause))
		alone := r.wait(ctx, t.C, false)
		t.Stop()
		if alone {
			if len(r.seeds) > 0 {
				r.log.Info("last peer lost, dialling the seeds again", "seeds", len(r.seeds))
			}
			return
		}
		r.probe(ctx)
		pause = probeEvery
	}
}

// wait returns when timer fires, ctx ends, or the mesh has a peer (if joined is
// true) or none (if it is false); only in the last case it returns true.
func (r *runner) wait(ctx context.Context, timer <-chan time.Time, joined bool) bool {
	for {
		n, changed := r.peers()
		if n > 0 == joined {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-timer:
			return false
		case <-changed:
		}
	}
}
