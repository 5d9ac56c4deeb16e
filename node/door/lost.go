package door

import (
	"maps"
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/node/exchange"
)

// A lost is what is kept of a connection that was cut or vanished: its
// subscriptions, and the last of what they would have got. It is guarded by the mu
// of the connection's output, but for what says otherwise.
type lost struct {
	limit   int // bytes
	bytes   int
	order   []*subscription // one for each message missed, oldest first; taken ones too
	dropped uint64

	// Guarded by Door.mu.
	identity string
	moved    bool // by a drain: another endpoint has it if it does not come back
	out      *output
	subs     map[exchange.Name]*subscription
	heir     *conn // who has begun to take over; nil: nobody yet
	expiry   *time.Timer
}

func newLost(limit int) *lost { return &lost{limit: limit} }

// cost returns the bytes that a message uses of a limit.
func cost(m *exchange.Message) int { return len(m.Data) + len(m.Channel) + messageCost }

// messageCost is the cost of a message without data and channel, in bytes.
const messageCost = 192

// add keeps a message, and drops the oldest for it if need be.
func (l *lost) add(s *subscription, m *exchange.Message) {
	s.missed = append(s.missed, m)
	l.order = append(l.order, s)
	l.bytes += cost(m)
	for l.bytes > l.limit {
		oldest := l.order[0]
		l.order = l.order[1:]
		if len(oldest.missed) > 0 { // else they were taken
			l.bytes -= cost(oldest.missed[0])
			oldest.missed = oldest.missed[1:]
			l.dropped++
		}
	}
}

func (l *lost) addAll(pieces []piece) {
	for _, p := range pieces {
		if p.m != nil {
			l.add(p.sub, p.m)
		}
	}
}

// addBefore keeps what is older than all that is kept.
func (l *lost) addBefore(pieces []piece) {
	later := make([]piece, 0, len(l.order))
	for _, s := range l.order {
		if len(s.missed) > 0 {
			later = append(later, piece{sub: s, m: s.missed[0]})
			s.missed = s.missed[1:]
		}
	}
	l.order, l.bytes = nil, 0
	l.addAll(pieces)
	l.addAll(later)
}

// take hands over what a subscription missed.
func (l *lost) take(s *subscription) []*exchange.Message {
	missed := s.missed
	s.missed = nil
	for _, m := range missed {
		l.bytes -= cost(m)
	}
	return missed
}

// lose keeps the subscriptions of c, which was lost, for another connection of the
// same name. PUBLISH does not count them, as Redis does not. It reports false if they are
// not to be kept.
func (d *Door) lose(c *conn) bool {
	l := c.out.wasLost()
	identity := c.identity()
	if l == nil || identity == "" || len(c.subs) == 0 || !d.keepLost(l, identity, c) {
		return false
	}
	for n, s := range c.subs {
		d.o.Exchange.MarkAbsent(n, s)
	}
	return true
}

// keepLost keeps the subscriptions of c for Options.Replay. It reports false if there is no
// place for them.
func (d *Door) keepLost(l *lost, identity string, c *conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || len(d.lost) >= maxLost {
		return false
	}
	l.identity, l.out, l.subs, l.moved = identity, c.out, maps.Clone(c.subs), d.draining.Load()
	d.lost = append(d.lost, l)
	l.expiry = time.AfterFunc(d.o.Replay, func() { d.expire(l) })
	return true
}

// expire ends the subscriptions that nobody has taken over.
func (d *Door) expire(l *lost) {
	d.mu.Lock()
	i := slices.Index(d.lost, l)
	if i >= 0 {
		d.lost = slices.Delete(d.lost, i, i+1)
	}
	subs := l.subs
	l.subs = nil
	d.mu.Unlock()
	for n, s := range subs {
		d.o.Exchange.Unsubscribe(n, s)
	}
	l.out.mu.Lock()
	defer l.out.mu.Unlock()
	dropped := l.dropped
	for _, s := range subs {
		dropped += uint64(len(l.take(s)))
	}
	if dropped > 0 && !l.moved {
		d.metrics.missed.Add(dropped)
		d.o.Logger.Warn("door: a client that was lost did not come back in time; what it missed is gone", "client", l.identity, "messages", dropped)
	}
}

// forgetLost ends all that is kept.
func (d *Door) forgetLost() {
	d.mu.Lock()
	all := slices.Clone(d.lost)
	d.mu.Unlock()
	for _, l := range all {
		if l.expiry.Stop() {
			d.expire(l)
		}
	}
}

// predecessor is the subscription that one of c by that name takes over, or nil.
// Clients of one name may be several, such as those of the hubs of one process: c
// becomes the heir of one by a name that only one of those lost has.
func (d *Door) predecessor(c *conn, n exchange.Name) *subscription {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.lost) == 0 {
		return nil
	}
	identity := c.identity()
	if c.inherits == nil && identity != "" && !aboutMasters(n) {
		c.inherits = d.soleHeir(identity, n)
		if c.inherits != nil {
			c.inherits.heir = c
		}
	}
	l := c.inherits
	if l == nil || l.subs[n] == nil {
		return nil
	}
	s := l.subs[n]
	delete(l.subs, n)
	return s
}

// soleHeir is the only one lost of that identity that has the name and no heir.
func (d *Door) soleHeir(identity string, n exchange.Name) (found *lost) {
	for _, l := range d.lost {
		if l.identity != identity || l.heir != nil || l.subs[n] == nil {
			continue
		}
		if found != nil {
			return nil
		}
		found = l
	}
	return found
}
