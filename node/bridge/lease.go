package bridge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

const (
	// leaseTime is how long a lease lasts that is not renewed: the longest for which
	// nobody bridges after the node that did was killed.
	leaseTime = 3 * time.Second
	// renewEvery is how often it is renewed.
	renewEvery = leaseTime / 4
	// leaseMargin is how long before its end who holds it ceases to rely on it.
	leaseMargin = leaseTime / 6
	// askEvery is how often those that wait for it try.
	askEvery = 500 * time.Millisecond
)

var errLeaseLost = errors.New("the lease in Redis ended or was taken")

var (
	renewScript   = rueidis.NewLuaScript(`if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`)
	releaseScript = rueidis.NewLuaScript(`if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`)
)

// A lease is the right to bridge: a key in the old Redis that expires. All that would
// bridge have to reach that Redis anyway, so it is the one who can decide. Who holds
// the lease relies on it only for as long as its own clock says that Redis keeps it.
type lease struct {
	client     rueidis.Client
	key, value string

	mu    sync.Mutex
	until time.Time // with the monotonic clock
}

// try takes the lease if nobody has it.
func (l *lease) try(ctx context.Context) (ours bool, err error) {
	asked := time.Now()
	err = l.client.Do(ctx, l.client.B().Set().Key(l.key).Value(l.value).Nx().Px(leaseTime).Build()).Error()
	switch {
	case rueidis.IsRedisNil(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("take the lease %q: %w; the bridge needs a Redis that lets it SET, GET, PEXPIRE and DEL this key, and EVAL", l.key, err)
	}
	l.extend(asked)
	return true, nil
}

func (l *lease) extend(asked time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = asked.Add(leaseTime - leaseMargin)
}

// holds tells whether we may bridge at this moment.
func (l *lease) holds() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Now().Before(l.until)
}

// keep renews the lease until ctx ends or it is lost, and says why.
func (l *lease) keep(ctx context.Context) error {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		asked := time.Now()
		ours, err := renewScript.Exec(ctx, l.client, []string{l.key}, []string{l.value, fmt.Sprint(leaseTime.Milliseconds())}).AsInt64()
		switch {
		case err != nil:
			return fmt.Errorf("renew the lease %q: %w", l.key, err)
		case ours == 0:
			return errLeaseLost
		}
		l.extend(asked)
	}
}

// release gives the lease up, if it is still ours. If that fails it expires.
func (l *lease) release(ctx context.Context) error {
	return releaseScript.Exec(ctx, l.client, []string{l.key}, []string{l.value}).Error()
}
