package core

import "time"

// Most members are idle most of the time, and a mesh of a thousand has a million of
// them. So Tick finds out until when there is nothing to do for a member, and does
// not look at it before, unless something is done with it. The times are kept apart
// from the members, in the order of n.all, so that skipping one costs next to nothing.

// enlist puts m into n.all.
func (n *Node) enlist(m *Member) {
	m.index = int32(len(n.all))
	n.all, n.rests = append(n.all, m), append(n.rests, 0)
}

// delist takes m off n.all; the last one takes its place.
func (n *Node) delist(m *Member) {
	i, last := int(m.index), len(n.all)-1
	n.all[i], n.rests[i] = n.all[last], n.rests[last]
	n.all[i].index = int32(i)
	n.all[last] = nil
	n.all, n.rests = n.all[:last], n.rests[:last]
}

// stir ends the rest of m: the next Tick looks at it.
func (n *Node) stir(m *Member) {
	if !m.over {
		n.rests[m.index] = 0
	}
}

// restless returns the members whose rest is over, until the next call. It reads them
// one right after the other, so that the memory is waited for once and not for each.
func (n *Node) restless(now time.Duration) []*Member {
	n.due = n.due[:0]
	for i, until := range n.rests {
		if now >= until {
			n.due = append(n.due, n.all[i])
		}
	}
	for _, m := range n.due {
		n.read ^= m.Read()
	}
	return n.due
}

// stirAt makes the rest of m end at a time, if it would last longer.
func (n *Node) stirAt(m *Member, at time.Duration) {
	if !m.over && at < n.rests[m.index] {
		n.rests[m.index] = at
	}
}

// rest is until when Tick has nothing to do for m, if nothing is done with it; 0 means
// that it cannot be said.
func (n *Node) rest(m *Member) time.Duration {
	if m.state != Alive || m.in.waiting {
		return 0
	}
	until := m.heard + n.suspectAfter(m)
	if m.linked {
		return min(until, m.headAt+n.o.Heartbeat)
	}
	if m.longRoad {
		until = min(until, n.restOnLongRoad(m))
	} else if m.onTopic {
		until = min(until, m.unlinked+n.patience(m))
	}
	if m.out.base < m.out.next {
		until = min(until, m.out.at(m.out.base).at+n.o.WindowAge)
	}
	return until
}

func (n *Node) restOnLongRoad(m *Member) time.Duration {
	until := forever
	if m.in.next > m.in.acked && !m.sendAck {
		until = m.in.owedAt + n.ackAfter()
	}
	if m.out.base < m.out.next && !m.sendHead {
		until = min(until, m.headAt+n.probeAfter())
	}
	return until
}

const forever = time.Duration(1<<63 - 1)
