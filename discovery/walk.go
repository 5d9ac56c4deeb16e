package discovery

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/multiformats/go-multiaddr"
)

// A runner does the work of a Loop. Its methods are called by the goroutine of the
// Loop, except try and the methods that try calls.
type runner struct {
	o        Options
	table    *table
	notice   *notice
	report   *reporter
	schedule schedule
	greeted  atomic.Bool // a seed has answered since the mesh was alone
}

func newRunner(o Options) *runner {
	r := &runner{
		o: o, table: newTable(o.Seeds), notice: newNotice(), report: &reporter{log: o.Logger},
		schedule: schedule{policy: o.Policy, rand: o.Rand},
	}
	if o.Policy.Shuffle {
		seeds := r.table.seeds
		o.Rand.Shuffle(len(seeds), func(i, j int) { seeds[i], seeds[j] = seeds[j], seeds[i] })
	}
	return r
}

func (r *runner) joined() bool {
	n, _ := r.o.Peers()
	return n > 0
}

// walk looks up and dials the seeds in sequence, until one answers or the mesh has a
// peer.
func (r *runner) walk(ctx context.Context) {
	r.each(ctx, func(s *seed, t target) (more bool) { return !r.joined() && !r.try(ctx, s, t) })
}

// probe looks up all seeds and dials the targets at which no member ever answered.
func (r *runner) probe(ctx context.Context) {
	r.each(ctx, func(s *seed, t target) (more bool) {
		if !r.joined() {
			return false
		}
		if !r.table.answered(t) {
			r.try(ctx, s, t)
		}
		return true
	})
}

// each calls visit with every target of every seed, until visit returns false or ctx
// ends. The names of a seed are looked up before its first target is visited.
func (r *runner) each(ctx context.Context, visit func(*seed, target) (more bool)) {
	defer r.table.prune()
	claimed := map[string]bool{}
	for _, s := range r.table.seeds {
		if names := s.names(); len(names) > 0 {
			r.resolved(s, r.lookUp(ctx, names))
		}
		for _, t := range s.targets {
			t.addrs = unclaimed(claimed, t.addrs)
			if ctx.Err() != nil || !visit(s, t) {
				return
			}
		}
	}
}

// try dials the addresses of a target until one answers, and reports whether one did.
// It skips addresses that are this node's own.
func (r *runner) try(ctx context.Context, s *seed, t target) (answered bool) {
	for _, addr := range t.addrs {
		if ctx.Err() != nil {
			return false
		}
		if r.table.own(addr) {
			continue
		}
		peer, err := r.dialSeed(ctx, s, addr)
		if err != nil && ctx.Err() != nil {
			return false // Close cancelled the dial
		}
		r.noteDial(t, addr, peer, err)
		if err == nil {
			return true
		}
	}
	return false
}

// noteDial stores and logs the result of a dial.
func (r *runner) noteDial(t target, addr multiaddr.Multiaddr, peer string, err error) {
	switch label := t.label(addr); {
	case err == nil:
		r.table.note(addr, OutcomeMember, peer, "")
		level := slog.LevelDebug
		if !r.greeted.Swap(true) {
			level = slog.LevelInfo
		}
		r.o.Logger.Log(context.Background(), level, "seed answered", "address", label, "peer", peer)
	case errors.Is(err, ErrSelf):
		if r.table.note(addr, OutcomeSelf, "", "") {
			r.o.Logger.Info("this server is a listed member", "address", label)
		}
	default:
		outcome, why := OutcomeUnreachable, reason(err, r.o.Policy.DialTimeout)
		if errors.Is(err, ErrRefused) {
			outcome = OutcomeRefused
		}
		r.table.note(addr, outcome, peer, why)
		r.o.Logger.Debug("seed dialled", "address", label, "outcome", outcome, "err", why)
	}
}

// dialSeed dials one address of s.
func (r *runner) dialSeed(ctx context.Context, s *seed, addr multiaddr.Multiaddr) (peer string, err error) {
	if s.Balanced > 0 {
		return r.dialBalanced(ctx, addr, s.Balanced)
	}
	return r.dial(ctx, addr)
}

// dial dials addr once, for DialTimeout at most.
func (r *runner) dial(ctx context.Context, addr multiaddr.Multiaddr) (peer string, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.o.Policy.DialTimeout)
	defer cancel()
	return r.o.Dial(ctx, addr)
}

// wait returns when timer fires, ctx ends, or the mesh has a peer (if joined is true)
// or none (if it is false). It returns true in the last case only.
func (r *runner) wait(ctx context.Context, timer <-chan time.Time, joined bool) bool {
	for {
		n, changed := r.o.Peers()
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
