package exchange

import "slices"

// MarkAbsent makes a subscriber absent: it gets every message as before, and no server
// counts it. A door marks the subscribers
// whose connection was lost. It lasts until the subscription ends or another sink takes
// its place. MarkAbsent has no effect on who is not subscribed.
func (x *Exchange) MarkAbsent(n Name, sink Sink) {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.entries[n]
	if e == nil || !slices.Contains(e.sinks, sink) || slices.Contains(e.absent, sink) || x.closed.Load() {
		return
	}
	// An error means that too many channels are announced already. The other servers
	// then still count the subscriber.
	if _, err := x.up.Announce(absentLevel(e.wire, len(e.absent)+1)); err == nil {
		e.absent = append(e.absent, sink)
	}
}

// present ends the absence of a subscriber. The caller holds mu.
func (x *Exchange) present(e *entry, sink Sink) {
	if i := slices.Index(e.absent, sink); i >= 0 {
		x.up.Unsubscribe(absentLevel(e.wire, len(e.absent)))
		e.absent = slices.Delete(e.absent, i, i+1)
	}
}
