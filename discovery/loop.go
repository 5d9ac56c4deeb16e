package discovery

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A Loop dials seeds until the mesh has a peer, and again whenever it has none. Its
// methods may be called concurrently.
//
// Events in the log:
//
//   - Info: the first seed that answers after a time alone; an address at which this
//     node itself answers; the loss of the last peer; no seed can be reached yet.
//   - Warn: after 30 s alone, no seed can be reached; every seed that answered
//     refused; this node itself answers at every address of the seeds' names. The line
//     has the remedy. It is repeated only if the reasons change.
//   - Debug: each dial of a seed that failed.
type Loop struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
	runner *runner
}

// New starts a Loop. Close ends it.
func New(o Options) (*Loop, error) {
	o, err := o.complete()
	if err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &Loop{cancel: cancel, runner: newRunner(o)}
	contacted := make(chan struct{})
	l.done.Go(func() { l.runner.run(ctx, contacted) })
	l.done.Go(func() { l.runner.watch(ctx, contacted) })
	return l, nil
}

// Contact returns what the Loop has found, and a channel that is closed at the next
// change of it.
func (l *Loop) Contact() (c Contact, changed <-chan struct{}) { return l.runner.notice.get() }

// FirstRound returns a channel that is closed once the verdict is Met or Alone.
func (l *Loop) FirstRound() <-chan struct{} { return l.runner.notice.settled }

// Close ends the dialling and waits for it. A running dial is cancelled. Close may be
// called twice and returns nil.
func (l *Loop) Close() error {
	l.cancel()
	l.done.Wait()
	return nil
}

// run makes contact, which closes contacted, and then alternates between looking for
// a peer and resting, until ctx ends.
func (r *runner) run(ctx context.Context, contacted chan<- struct{}) {
	r.restart()
	r.contact(ctx)
	r.conclude(ctx)
	close(contacted)
	for ctx.Err() == nil {
		for ctx.Err() == nil && !r.joined() {
			if joined := r.pause(ctx); !joined {
				r.walk(ctx)
				r.conclude(ctx)
			}
		}
		r.conclude(ctx)
		r.rest(ctx)
		r.restart()
		r.walk(ctx)
	}
}

// restart begins a time alone.
func (r *runner) restart() {
	r.schedule.restart()
	r.report.restart()
	r.greeted.Store(false)
}

// watch ends contact after ContactTimeout, with the results of the dials that have
// ended. After contact it concludes again as soon as the mesh has a peer, for which run
// may have to wait until a dial ends.
func (r *runner) watch(ctx context.Context, contacted <-chan struct{}) {
	t := time.NewTimer(r.o.ContactTimeout)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-contacted:
	case <-t.C:
		r.conclude(ctx)
	}
	if joined := r.wait(ctx, nil, true); joined {
		r.conclude(ctx)
	}
}

// conclude sets the verdict from the results and the peers of the mesh.
func (r *runner) conclude(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	sum := r.table.summary()
	verdict := sum.verdict()
	if r.joined() {
		verdict = Met
	}
	r.notice.set(verdict, atMost(maxReasons, sum.refused))
}

// pause waits for the next walk and reports whether the mesh has a peer, which ends
// the wait. The log states the reasons.
func (r *runner) pause(ctx context.Context) (joined bool) {
	if len(r.table.seeds) == 0 {
		return r.wait(ctx, nil, true)
	}
	pause, sum := r.schedule.next(), r.table.summary()
	r.report.alone(sum, pause)
	if due := r.report.due(); due > 0 && due < pause {
		t := time.NewTimer(due)
		defer t.Stop()
		if r.wait(ctx, t.C, true) {
			return true
		}
		pause -= due
		r.report.alone(sum, pause)
	}
	t := time.NewTimer(pause)
	defer t.Stop()
	return r.wait(ctx, t.C, true)
}

// rest looks for parts of the mesh that are not connected to this one, until the last
// peer is lost. The first look comes soon, because nodes that start together may have
// found each other in pairs.
func (r *runner) rest(ctx context.Context) {
	pause := r.o.Policy.Interval
	for ctx.Err() == nil {
		t := time.NewTimer(r.schedule.jitter(pause))
		alone := r.wait(ctx, t.C, false)
		t.Stop()
		if alone {
			if seeds := len(r.table.seeds); seeds > 0 {
				r.o.Logger.Info("last peer lost, dialling the seeds again", "seeds", seeds)
			}
			return
		}
		r.probe(ctx)
		pause = probeEvery
	}
}
