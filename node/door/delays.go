package door

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// failureEvery is how often one more password of an address or a user may be wrong
	// without delay, after freeFailures.
	failureEvery = 3 * time.Second
	// maxDelays bounds the number of addresses and users in memory.
	maxDelays = 4096
)

// delays compute the delay of the reply to a wrong password, from the failures of the
// address and of the user. Replies to right passwords are never delayed.
type delays struct {
	longest time.Duration

	mu   sync.Mutex
	keys map[string]*rate.Limiter
}

func newDelays(longest time.Duration) *delays {
	return &delays{longest: longest, keys: map[string]*rate.Limiter{}}
}

// failed notes a wrong password and returns how long its reply is delayed.
func (d *delays) failed(now time.Time, keys ...string) (wait time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, key := range keys {
		l := d.keys[key]
		if l == nil {
			d.makeRoom(now)
			l = rate.NewLimiter(rate.Every(failureEvery), freeFailures)
			d.keys[key] = l
		}
		// The debt is limited to two failures, so that the delay ends soon after the
		// last wrong password.
		if l.TokensAt(now) > -1 {
			l.ReserveN(now, 1)
		}
		wait = max(wait, time.Duration(max(0, -l.TokensAt(now))*float64(failureEvery)))
	}
	return min(wait, d.longest)
}

// makeRoom removes keys if there are maxDelays of them: first those without recent
// failures, then others, down to three quarters. The caller holds mu.
func (d *delays) makeRoom(now time.Time) {
	if len(d.keys) < maxDelays {
		return
	}
	for key, l := range d.keys {
		if l.TokensAt(now) >= freeFailures {
			delete(d.keys, key)
		}
	}
	for key := range d.keys {
		if len(d.keys) <= maxDelays*3/4 {
			return
		}
		delete(d.keys, key)
	}
}
