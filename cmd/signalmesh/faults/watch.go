//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// whole waits until every server sees every other alive, and linked to it unless
// the wire between them is cut.
func (f *fleet) whole(ctx context.Context) error {
	return await(ctx, meshLimit, "all servers to see each other", func() bool {
		for _, s := range f.servers {
			status, err := s.process.status(ctx)
			if err != nil || !f.sees(s, status) {
				return false
			}
		}
		return true
	})
}

func (f *fleet) sees(s *server, view status) bool {
	seen := 0
	for _, m := range view.Members {
		other := f.named(m.Peer)
		switch {
		case m.State == "gone":
		case m.State != "alive" || other == nil || !m.Linked && !f.wire.IsCut(s.host, other.host):
			return false
		default:
			seen++
		}
	}
	return seen == len(f.servers)-1
}

// named is the server whose present life has a peer ID, or nil.
func (f *fleet) named(peer string) *server {
	f.mu.Lock()
	defer f.mu.Unlock()
	of, ok := f.names[peer]
	if !ok || f.servers[of.server].life != of {
		return nil
	}
	return f.servers[of.server]
}

// lifeOf is the life, present or past, that had a peer ID.
func (f *fleet) lifeOf(peer string) (of life, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	of, known = f.names[peer]
	return of, known
}

// recovered waits until everybody has something that everybody published after now,
// and all servers see each other.
func (f *fleet) recovered(ctx context.Context, limit time.Duration) (time.Duration, error) {
	if limit == 0 {
		limit = recoverLimit
	}
	start, marks := time.Now(), f.ledger.marks()
	err := await(ctx, limit, "traffic to flow again", func() bool { return f.ledger.beyond(marks, f.lives()) })
	took := time.Since(start)
	return took, errors.Join(err, f.whole(ctx))
}

// settle has the publishers wait until all that was published has come to everybody.
// What has not come within settleLimit never will: the ledger tells.
func (f *fleet) settle(ctx context.Context) {
	f.paused.Store(true)
	_ = await(ctx, settleLimit, "what was published to arrive", f.ledger.settled)
}

// lives are those that publish now.
func (f *fleet) lives() map[life]bool {
	lives := map[life]bool{}
	for _, s := range f.servers {
		if s.publisher != nil {
			lives[s.life] = true
		}
	}
	return lives
}

// await asks done again and again until it is true, at most for limit.
func await(ctx context.Context, limit time.Duration, what string, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return fmt.Errorf("waited %v for %s", limit, what)
			}
			return ctx.Err()
		}
	}
	return nil
}
