package admission

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
)

// LobbyLimits bound the connections of a Lobby.
type LobbyLimits struct {
	Total   int // of all addresses; zero means 256
	Address int // of one IPv4 address, or of one IPv6 /64; zero means 64
	Site    int // of one IPv6 /48, IPv4 addresses have no site; zero means 128
}

// WithDefaults returns l with the defaults in the place of zeros.
func (l LobbyLimits) WithDefaults() LobbyLimits {
	l.Total = cmp.Or(l.Total, 256)
	l.Address = cmp.Or(l.Address, 64)
	l.Site = cmp.Or(l.Site, 128)
	return l
}

// A Lobby bounds the connections that are not admitted yet. If a bound is reached, a
// new connection takes the place of another one, so silent connections do not block new
// ones:
//
//   - If the address or site of the new connection has reached its bound, the other
//     connection is one of the same address or site.
//   - If the bound of all addresses is reached, it is one of the address or site that
//     has the most.
//   - Of these, it is the oldest that has sent nothing; if there is none, the oldest.
//
// Methods may be called concurrently.
type Lobby struct {
	limits LobbyLimits

	mu        sync.Mutex
	places    []*Place // oldest first
	addresses map[netip.Prefix]int
	sites     map[netip.Prefix]int
	evicted   uint64
}

// A Place is the place of one connection in a Lobby.
//
//	silent ── Spoke ──> speaking <── Release ── held
//	                       └───────── Hold ──────^
//
// Leave, or a connection that takes the place, ends every state but held, which only
// Leave ends.
type Place struct {
	lobby         *Lobby
	address, site netip.Prefix
	evict         func()
	state         placeState // guarded by Lobby.mu
}

type placeState uint8

const (
	silent   placeState = iota // has sent nothing
	speaking                   // has sent something
	held                       // this side is at work on what it has sent
	left                       // the place is lost or given up
)

// NewLobby returns an empty Lobby.
func NewLobby(l LobbyLimits) *Lobby {
	return &Lobby{limits: l.WithDefaults(), addresses: map[netip.Prefix]int{}, sites: map[netip.Prefix]int{}}
}

// Enter gives a new connection a place. If another connection loses its place, Enter
// calls the evict function of that connection, which must not block. Enter returns nil
// if all connections that could lose their places are held.
func (l *Lobby) Enter(from netip.Addr, evict func()) *Place {
	p := &Place{lobby: l, address: Network(from), site: site(from), evict: evict}
	victim, ok := l.enter(p)
	if !ok {
		return nil
	}
	if victim != nil {
		victim.evict()
	}
	return p
}

func (l *Lobby) enter(p *Place) (victim *Place, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if full, among := l.full(p); full {
		if victim = l.victim(among); victim == nil {
			return nil, false
		}
		l.remove(victim)
		l.evicted++
	}
	l.places = append(l.places, p)
	l.addresses[p.address]++
	l.sites[p.site]++
	return victim, true
}

// full reports whether p needs the place of another connection, and among which.
func (l *Lobby) full(p *Place) (full bool, among func(*Place) bool) {
	switch {
	case l.addresses[p.address] >= l.limits.Address:
		return true, func(o *Place) bool { return o.address == p.address }
	case p.site != p.address && l.sites[p.site] >= l.limits.Site:
		return true, func(o *Place) bool { return o.site == p.site }
	}
	return len(l.places) >= l.limits.Total, func(*Place) bool { return true }
}

// victim returns the connection that loses its place; nil if all are held.
func (l *Lobby) victim(among func(*Place) bool) (victim *Place) {
	for _, p := range l.places {
		if p.state == held || !among(p) {
			continue
		}
		if victim == nil || l.sites[p.site] > l.sites[victim.site] ||
			l.sites[p.site] == l.sites[victim.site] && p.state < victim.state {
			victim = p
		}
	}
	return victim
}

// remove ends a place. The caller holds mu.
func (l *Lobby) remove(p *Place) {
	i := slices.Index(l.places, p)
	if i < 0 {
		return
	}
	p.state = left
	l.places = slices.Delete(l.places, i, i+1)
	decrement(l.addresses, p.address)
	decrement(l.sites, p.site)
}

func decrement(counts map[netip.Prefix]int, key netip.Prefix) {
	if counts[key]--; counts[key] == 0 {
		delete(counts, key)
	}
}

// Len returns how many connections have a place.
func (l *Lobby) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.places)
}

// Evicted returns how many connections have lost their places to others.
func (l *Lobby) Evicted() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.evicted
}

// Spoke notes that the connection has sent something.
func (p *Place) Spoke() { p.set(silent, speaking) }

// Hold keeps the place until Release. It reports false if it is lost already.
func (p *Place) Hold() bool {
	p.Spoke()
	return p.set(speaking, held)
}

// Release ends Hold.
func (p *Place) Release() { p.set(held, speaking) }

func (p *Place) set(from, to placeState) bool {
	p.lobby.mu.Lock()
	defer p.lobby.mu.Unlock()
	if p.state != from {
		return false
	}
	p.state = to
	return true
}

// Leave gives the place up: the connection is admitted, or closed. It may be called
// more than once.
func (p *Place) Leave() {
	p.lobby.mu.Lock()
	defer p.lobby.mu.Unlock()
	p.lobby.remove(p)
}

// site is the network that one customer of a provider usually has: an IPv6 /48. An
// IPv4 address is its own site.
func site(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	if !a.Is6() {
		return Network(a)
	}
	p, _ := a.Prefix(48) // never fails: 48 <= 128
	return p
}
