package swarm

import (
	"context"
	"sync"
	"time"
)

// Options are the settings of a Hunt.
type Options struct {
	// Seed is that of the first scenario; the others follow it.
	Seed uint64
	// For bounds the time of the hunt, that of Found included, and Runs the number of
	// scenarios. 0 means no bound.
	For  time.Duration
	Runs uint64
	// Workers is how many scenarios run at a time. 0 means 1.
	Workers int
	// KeepGoing continues after a failure. Failures like an earlier one are only counted.
	KeepGoing bool
	// Limits bound each run. Each scenario with a seed that AgainEvery divides runs twice,
	// to see that its result is the same. 0 means that none does.
	Limits     Limits
	AgainEvery uint64

	// Found is called with each failure that is unlike the earlier ones. Progress is
	// called after each run. Calls do not overlap. Both may be nil.
	Found    func(Finding)
	Progress func(Summary)
}

// A Finding is a scenario that failed.
type Finding struct {
	Seed     uint64   `json:"seed"`
	Scenario []byte   `json:"-"`
	Failure  *Failure `json:"failure"`
}

// A Summary is the result of a hunt.
type Summary struct {
	Runs    uint64        `json:"runs"`
	Failed  uint64        `json:"failed"`
	Elapsed time.Duration `json:"-"`
}

// A hunt is the state of one Hunt.
type hunt struct {
	Options
	ctx  context.Context
	stop context.CancelFunc

	mu      sync.Mutex
	next    uint64 // scenarios begun
	sum     Summary
	began   time.Time
	known   []*Failure
	telling sync.Mutex // held by who calls Found or Progress
}

// Hunt draws scenarios and tries them until a bound is reached, one fails, or ctx ends.
// The error is that of ctx.
func Hunt(ctx context.Context, o Options) (Summary, error) {
	h := &hunt{Options: o, began: time.Now()}
	h.ctx, h.stop = context.WithCancel(ctx)
	defer h.stop()
	if o.For > 0 {
		timer := time.AfterFunc(o.For, h.stop)
		defer timer.Stop()
	}
	var workers sync.WaitGroup
	for range max(1, o.Workers) {
		workers.Go(h.work)
	}
	workers.Wait()
	h.sum.Elapsed = time.Since(h.began)
	return h.sum, ctx.Err()
}

// work tries one scenario after the other.
func (h *hunt) work() {
	for {
		seed, ok := h.take()
		if !ok {
			return
		}
		text, err := Draw(seed)
		failure := &Failure{Kind: Invalid}
		if err != nil {
			failure.Text = err.Error()
		} else {
			l := h.Limits
			l.Again = h.AgainEvery > 0 && seed%h.AgainEvery == 0
			if failure, err = Try(h.ctx, text, l); err != nil {
				return // the hunt has ended
			}
		}
		h.tell(Finding{seed, text, failure})
	}
}

// take returns the seed of the next scenario.
func (h *hunt) take() (uint64, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx.Err() != nil || h.Runs > 0 && h.next == h.Runs {
		return 0, false
	}
	h.next++
	return h.Seed + h.next - 1, true
}

// tell counts a run and reports it.
func (h *hunt) tell(f Finding) {
	h.telling.Lock()
	defer h.telling.Unlock()
	if h.ctx.Err() != nil && f.Failure == nil {
		return
	}
	h.sum.Runs++
	h.sum.Elapsed = time.Since(h.began)
	if f.Failure != nil && (h.KeepGoing || h.sum.Failed == 0) {
		h.sum.Failed++
		if !h.knows(f.Failure) {
			h.known = append(h.known, f.Failure)
			if !h.KeepGoing {
				h.stop()
			}
			if h.Found != nil {
				h.Found(f)
			}
		}
	}
	if h.Progress != nil {
		h.Progress(h.sum)
	}
}

// knows reports whether an earlier run failed like that.
func (h *hunt) knows(f *Failure) bool {
	for _, k := range h.known {
		if k.In(&Failure{Kind: f.Kind, Text: f.Text}) != nil {
			return true
		}
	}
	return false
}
