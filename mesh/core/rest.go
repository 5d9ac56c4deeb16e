package core

import "time"

// Most members are idle most of the time, and a mesh of a thousand has a million of
// them. So Tick finds out until when there is nothing to do for a member, and does
// not look at it before, unless something is done with it. The times are kept apart
// from the members, in the order of n.sorted, so that skipping one costs next to nothing.

// index notes where each member is in n.sorted, after that has changed.
func (n *Node) index() {
	n.rests = append(n.rests[:0], make([]time.Duration, len(n.sorted))...)
	for i, m := range n.sorted {
		m.index = i
	}
}

// stir ends the rest of m: the next Tick looks at it.
func (n *Node) stir(m *member) {
	if m.index < len(n.rests) && n.sorted[m.index] == m {
		n.rests[m.index] = 0
	}
}

// rest is until when Tick has nothing to do for m, if nothing is done with it; 0 means
// that it cannot be said.
func (n *Node) rest(m *member) time.Duration {
	if m.state != Alive || m.in.waiting || m.in.next > m.in.acked {
		return 0
	}
	suspect := m.heard + n.o.SuspectAfter
	switch {
	case m.linked:
		return min(suspect, m.sentAt+n.o.Heartbeat)
	case m.longRoad && !m.busy() && m.out.base == m.out.next:
		return suspect
	}
	return 0
}
