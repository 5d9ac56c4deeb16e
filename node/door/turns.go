package door

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// freeFailures is the number of wrong passwords of one address, or for one user, without a
// delay.
const freeFailures = 10

// turns let connections verify passwords one at a time. Addresses take turns. Of the
// connections of one address the next is chosen at random, so that one with the
// right password gets its turn among many wrong ones. An address with wrong passwords
// waits between its turns. The number of waiting connections is bounded by the limits on
// connections.
type turns struct {
	rate rate.Limit // wrong passwords per second of one address, after freeFailures

	mu    sync.Mutex
	busy  bool
	lines map[netip.Prefix]*line
	order []netip.Prefix // of the addresses that wait; the first is next
	alarm *time.Timer    // calls next when an address may continue; nil before its first use
}

// A line is the connections of one address that wait for a turn.
type line struct {
	waiting  []chan struct{}
	failures *rate.Limiter
}

func newTurns(perSecond float64) *turns {
	return &turns{rate: rate.Limit(perSecond), lines: map[netip.Prefix]*line{}}
}

// wait waits for a turn. If it returns nil, the caller must call done.
func (t *turns) wait(ctx context.Context, from netip.Prefix) error {
	turn := make(chan struct{})
	t.mu.Lock()
	l := t.lines[from]
	if l == nil {
		l = &line{failures: rate.NewLimiter(t.rate, freeFailures)}
		t.lines[from] = l
	}
	if len(l.waiting) == 0 {
		t.order = append(t.order, from)
	}
	l.waiting = append(l.waiting, turn)
	t.next()
	t.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(l.waiting, turn)
	if i < 0 { // its turn came at the same time
		t.busy = false
		t.next()
		return ctx.Err()
	}
	l.waiting = slices.Delete(l.waiting, i, i+1)
	if len(l.waiting) == 0 {
		t.order = slices.DeleteFunc(t.order, func(p netip.Prefix) bool { return p == from })
	}
	t.forget(time.Now())
	return ctx.Err()
}

// done ends a turn. wrong reports whether the password was wrong.
func (t *turns) done(from netip.Prefix, wrong bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.lines[from]; wrong && l != nil {
		l.failures.ReserveN(time.Now(), 1)
	}
	t.busy = false
	t.forget(time.Now())
	t.next()
}

// next gives the turn to a connection of the first address that need not wait. The
// caller holds mu.
func (t *turns) next() {
	if t.busy {
		return
	}
	now, soonest := time.Now(), time.Duration(-1)
	for i, from := range t.order {
		l := t.lines[from]
		if missing := 1 - l.failures.TokensAt(now); missing > 0 {
			wait := time.Duration(missing / float64(t.rate) * float64(time.Second))
			if soonest < 0 || wait < soonest {
				soonest = wait
			}
			continue
		}
		k := rand.IntN(len(l.waiting))
		turn := l.waiting[k]
		l.waiting = slices.Delete(l.waiting, k, k+1)
		t.order = slices.Delete(t.order, i, i+1)
		if len(l.waiting) > 0 {
			t.order = append(t.order, from)
		}
		t.busy = true
		close(turn)
		return
	}
	if soonest >= 0 {
		t.wake(soonest + time.Millisecond)
	}
}

// wake calls next after a while. The caller holds mu.
func (t *turns) wake(after time.Duration) {
	if t.alarm == nil {
		t.alarm = time.AfterFunc(after, func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.next()
		})
		return
	}
	t.alarm.Reset(after)
}

// maxLines bounds the number of addresses in memory.
const maxLines = 4096

// forget removes the idle addresses without recent failures, and all idle ones if there
// are more than maxLines. The caller holds mu.
func (t *turns) forget(now time.Time) {
	for from, l := range t.lines {
		idle := len(l.waiting) == 0
		if idle && (len(t.lines) > maxLines || l.failures.TokensAt(now) >= freeFailures) {
			delete(t.lines, from)
		}
	}
}

// close stops the timer.
func (t *turns) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.alarm != nil {
		t.alarm.Stop()
	}
}
