package discovery

import (
	"context"
	"sync"
	"time"

	"github.com/multiformats/go-multiaddr"
)

const (
	dialsAtOnce = 8           // of a round
	secondRound = time.Second // between a round without an answer and the next one
)

// contact dials every address of every seed once, and once more if no seed answered.
func (r *runner) contact(ctx context.Context) {
	r.round(ctx)
	sum := r.table.summary()
	if r.joined() || ctx.Err() != nil || sum.verdict() != Alone || len(sum.failed) == 0 {
		return
	}
	r.schedule.next() // that round counts as a walk
	r.report.alone(sum, secondRound)
	t := time.NewTimer(secondRound)
	defer t.Stop()
	if joined := r.wait(ctx, t.C, true); !joined {
		r.round(ctx)
	}
}

// round looks up the names of the seeds and dials each target, dialsAtOnce at a time.
// It returns when every dial has ended.
func (r *runner) round(ctx context.Context) {
	slots := make(chan struct{}, dialsAtOnce)
	claimed := map[string]bool{}
	var dials sync.WaitGroup
	for s := range r.resolveAll(ctx) {
		for _, t := range s.targets {
			t.addrs = unclaimed(claimed, t.addrs)
			slots <- struct{}{} // dials end with ctx
			dials.Go(func() {
				r.try(ctx, s, t)
				<-slots
			})
		}
	}
	dials.Wait()
	r.table.prune()
}

// resolveAll yields every seed once its names are looked up. Seeds without a name
// come first, so that they do not wait for a slow resolver.
func (r *runner) resolveAll(ctx context.Context) func(yield func(*seed) bool) {
	type found struct {
		seed    *seed
		answers map[name]answer
	}
	return func(yield func(*seed) bool) {
		var named []*seed
		for _, s := range r.table.seeds {
			if len(s.names()) > 0 {
				named = append(named, s)
			} else if !yield(s) {
				return
			}
		}
		lookups := make(chan found, len(named))
		slots := make(chan struct{}, dialsAtOnce)
		var work sync.WaitGroup
		defer work.Wait()
		for _, s := range named {
			work.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				lookups <- found{s, r.lookUp(ctx, s.names())}
			})
		}
		for range named {
			f := <-lookups
			r.resolved(f.seed, f.answers)
			if !yield(f.seed) {
				return
			}
		}
	}
}

// unclaimed returns the addresses that are not in claimed yet, and adds them to it.
func unclaimed(claimed map[string]bool, addrs []multiaddr.Multiaddr) []multiaddr.Multiaddr {
	var list []multiaddr.Multiaddr
	for _, a := range addrs {
		if !claimed[a.String()] {
			claimed[a.String()] = true
			list = append(list, a)
		}
	}
	return list
}
