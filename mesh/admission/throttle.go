package admission

import (
	"maps"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// freeFailures is how many attempts may fail before an address has to wait.
	freeFailures = 10
	// failureEvery is how often one more may fail afterwards.
	failureEvery = 3 * time.Second
	// maxAtOnce bounds the exchanges with one address that have not ended, and with
	// that how far guessing in parallel gets ahead: an address is shut out for at
	// most maxAtOnce*failureEvery after its last failure.
	maxAtOnce = 64
	// maxExchanges bounds those with all addresses.
	maxExchanges = 1024
	// maxAddresses bounds how many addresses are remembered.
	maxAddresses = 4096
)

// A Throttle slows the guessing of passwords: an address whose attempts fail has to
// wait before the next. It never shuts an address out for good, and success costs
// nothing, so that many nodes behind one address do not hinder each other. The zero
// Throttle is ready; it is told the time.
type Throttle struct {
	mu        sync.Mutex
	addresses map[netip.Prefix]*attempts
	exchanges int // under way
}

// attempts are those of one address.
type attempts struct {
	failures *rate.Limiter // one token is one failure that is still free
	underWay int
}

// Enter reports whether an exchange with from may begin. If it returns nil, the caller
// must call Leave; else it returns the refusal to send, which says when to ask again.
func (t *Throttle) Enter(now time.Time, from netip.Addr) *Refusal {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := Network(from)
	a := t.addresses[key]
	switch {
	case t.exchanges >= maxExchanges:
		return busy()
	case a == nil:
		a = t.admit(now, key)
	case a.failures.TokensAt(now) < 1:
		short := 1 - a.failures.TokensAt(now)
		return &Refusal{Reason: TooManyFailures, Wait: time.Duration(short * float64(failureEvery))}
	case a.underWay >= maxAtOnce:
		return busy()
	}
	a.underWay++
	t.exchanges++
	return nil
}

// busy returns the refusal of a peer that has to wait because of other peers.
func busy() *Refusal { return &Refusal{Reason: Busy, Wait: time.Second} }

// Leave says that an exchange that Enter let begin has ended, and whether the peer
// failed to prove itself.
func (t *Throttle) Leave(now time.Time, from netip.Addr, failed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := Network(from)
	a := t.addresses[key]
	a.underWay--
	t.exchanges--
	if failed {
		a.failures.ReserveN(now, 1) // also when none is left: then it is owed
	}
	if a.idle(now) {
		delete(t.addresses, key)
	}
}

// admit starts to remember an address.
func (t *Throttle) admit(now time.Time, key netip.Prefix) *attempts {
	if t.addresses == nil {
		t.addresses = map[netip.Prefix]*attempts{}
	}
	if len(t.addresses) >= maxAddresses {
		t.forget(now)
	}
	a := &attempts{failures: rate.NewLimiter(rate.Every(failureEvery), freeFailures)}
	t.addresses[key] = a
	return a
}

// forget drops the addresses that have waited long enough, and then any, down to
// three quarters: whoever has that many addresses is not slowed by being remembered.
// Those under way stay, of which there are at most maxExchanges.
func (t *Throttle) forget(now time.Time) {
	maps.DeleteFunc(t.addresses, func(_ netip.Prefix, a *attempts) bool { return a.idle(now) })
	for key, a := range t.addresses {
		if len(t.addresses) <= maxAddresses*3/4 {
			return
		}
		if a.underWay == 0 {
			delete(t.addresses, key)
		}
	}
}

func (a *attempts) idle(now time.Time) bool {
	return a.underWay == 0 && a.failures.TokensAt(now) >= freeFailures
}

// Network returns the network that a limit for one address applies to: an IPv4 address,
// or an IPv6 /64.
func Network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the zero Addr has the zero Prefix
	return p
}
