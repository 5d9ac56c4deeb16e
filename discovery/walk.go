package discovery

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/multiformats/go-multiaddr"
)

// A runner is what the goroutine of a Loop owns.
type runner struct {
	policy     Policy
	dialFunc   DialFunc
	peers      PeersFunc
	log        *slog.Logger
	schedule   schedule
	firstRound func()

	seeds   []*seed // without those that are this node
	warned  string  // what the last warning said
	greeted bool    // a seed has answered since the mesh was alone
}

// A seed is a Seed with what came of it.
type seed struct {
	Seed
	answered bool // in the life of this process
}

func newRunner(o Options, firstRound func()) *runner {
	r := &runner{
		policy: o.Policy, dialFunc: o.Dial, peers: o.Peers, log: o.Logger, firstRound: firstRound,
		schedule: schedule{policy: o.Policy, rand: o.Rand},
	}
	known := map[string]bool{}
	for _, s := range o.Seeds {
		// The caller's list stays as it is; addresses listed twice are dialled once.
		s.Addrs = slices.DeleteFunc(slices.Clone(s.Addrs), func(a multiaddr.Multiaddr) bool {
			twice := known[a.String()]
			known[a.String()] = true
			return twice
		})
		if len(s.Addrs) > 0 {
			r.seeds = append(r.seeds, &seed{Seed: s})
		}
	}
	if o.Policy.Shuffle {
		o.Rand.Shuffle(len(r.seeds), func(i, j int) { r.seeds[i], r.seeds[j] = r.seeds[j], r.seeds[i] })
	}
	return r
}

func (r *runner) joined() bool {
	n, _ := r.peers()
	return n > 0
}

// walk dials the seeds in order until one answers or a peer came by itself.
func (r *runner) walk(ctx context.Context) {
	var said []string
	for _, s := range slices.Clone(r.seeds) {
		if ctx.Err() != nil || r.joined() {
			return
		}
		answered, why := r.try(ctx, s)
		if answered {
			return
		}
		said = append(said, why...)
	}
	if text := failures(said); text != "" && text != r.warned && ctx.Err() == nil {
		r.log.Warn("no seed answered", "seeds", text)
		r.warned = text
	}
}

// probe dials the seeds that never answered.
func (r *runner) probe(ctx context.Context) {
	for _, s := range slices.Clone(r.seeds) {
		if ctx.Err() != nil || !r.joined() {
			return
		}
		if !s.answered {
			r.try(ctx, s)
		}
	}
}

// try dials the addresses of a seed until one answers, and else says why none did.
// Addresses that are this node's own are dropped.
func (r *runner) try(ctx context.Context, s *seed) (answered bool, why []string) {
	for _, addr := range slices.Clone(s.Addrs) {
		if ctx.Err() != nil {
			return false, nil
		}
		var peer string
		var err error
		if s.Balanced > 0 {
			peer, err = r.dialBalanced(ctx, addr, s.Balanced)
		} else {
			peer, err = r.dial(ctx, addr)
		}
		name := hostPort(addr)
		switch {
		case err == nil:
			r.answer(s, name, peer)
			return true, nil
		case errors.Is(err, ErrSelf) && s.Balanced == 0:
			r.drop(s, addr)
		default:
			text := reason(err, r.policy.DialTimeout)
			r.log.Debug("seed dialled", "address", name, "err", text)
			why = append(why, name+": "+text)
		}
	}
	return false, why
}

// answer notes that a seed answered.
func (r *runner) answer(s *seed, name, peer string) {
	s.answered = true
	r.firstRound()
	level := slog.LevelDebug
	if !r.greeted {
		r.greeted, level = true, slog.LevelInfo
	}
	r.log.Log(context.Background(), level, "seed answered", "address", name, "peer", peer)
}

// drop forgets an address that is this node's own.
func (r *runner) drop(s *seed, addr multiaddr.Multiaddr) {
	s.Addrs = slices.DeleteFunc(s.Addrs, addr.Equal)
	r.log.Info("this node is a listed member", "address", hostPort(addr))
	if len(s.Addrs) > 0 {
		return
	}
	r.seeds = slices.DeleteFunc(r.seeds, func(t *seed) bool { return t == s })
	if len(r.seeds) == 0 {
		r.log.Info("no other member is listed, waiting for peers")
	}
}

// dial is one dial within its time.
func (r *runner) dial(ctx context.Context, addr multiaddr.Multiaddr) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.policy.DialTimeout)
	defer cancel()
	return r.dialFunc(ctx, addr)
}
