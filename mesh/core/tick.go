package core

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// wantEvery is how often a missing record is asked for.
const wantEvery = 500 * time.Millisecond

// newcomerPatience is how long a link with a new member may take before its records
// take the long road.
const newcomerPatience = 5 * time.Second

// forgetAfter is how long the numbers of a member that is gone are kept.
const forgetAfter = time.Hour

// Tick does what time brings: suspicion, heartbeats, acknowledgements, holes, the
// end of replay windows, dialling and announcing. It wants to be called about
// every TickEvery.
func (n *Node) Tick(now time.Duration) {
	for i := 0; i < len(n.sorted); i++ {
		if now < n.rests[i] {
			continue
		}
		m := n.sorted[i]
		if n.tickSilence(now, m); i == len(n.sorted) || n.sorted[i] != m {
			i-- // it is a member no more
			continue
		}
		n.tickRoad(now, m)
		n.tickOut(now, m)
		n.tickIn(now, m)
		n.rests[i] = n.rest(m)
	}
	n.tickEstates(now)
	n.tickStable()
	n.dialDue(now)
	if now >= n.announceAt {
		n.shell.WakeTopic()
	}
}

func (n *Node) tickSilence(now time.Duration, m *member) {
	silent := now - m.heard
	switch {
	case silent >= forgetAfter+n.o.WindowAge: // who was linked with us then has forgotten us, too
		n.remove(now, m, false)
	case m.tomb && !m.parted && now-m.entombed >= n.o.WindowAge:
		n.fade(m)
	case m.tomb:
	case silent >= n.o.WindowAge && !m.parted:
		if m.state != Gone {
			n.part(m)
		}
		n.close(now, m)
	case silent >= n.o.GoneAfter && m.state != Gone:
		n.part(m)
	case silent >= n.o.SuspectAfter && m.refused > m.heard && !m.proven && !m.welcome:
		n.entomb(now, m)
	case silent >= n.o.SuspectAfter:
		n.doubt(m)
	}
}

// tickRoad puts a member that is heard but has no link on the long road.
func (n *Node) tickRoad(now time.Duration, m *member) {
	long := !m.linked && m.onTopic && m.state == Alive && n.linkless(now, m)
	if long && !m.longRoad {
		m.out.rewind(m.out.base) // what was on its way on the link may be lost
		m.sendHead = true
	}
	m.longRoad = long
	if long && m.busy() {
		n.shell.WakeTopic()
	}
}

// linkless tells whether it is no use to wait for a link with m: it was lost, or
// could not be made. A newcomer is given time, since everybody reads the topic.
func (n *Node) linkless(now time.Duration, m *member) bool {
	patience := n.o.LongRoadAfter
	if !m.wasLinked && m.dialing.tries == 0 {
		patience = newcomerPatience
	}
	return now-m.unlinked >= patience
}

func (n *Node) tickOut(now time.Duration, m *member) {
	silent := now - m.sentAt
	switch {
	case m.linked && silent >= n.o.Heartbeat, m.longRoad && m.out.base < m.out.next && silent >= n.o.AnnounceEvery:
		m.sendHead = true
		n.wake(m)
	}
	if !m.linked {
		n.forget(m, m.out.expire(now-n.o.WindowAge))
	}
}

func (n *Node) tickIn(now time.Duration, m *member) {
	in := &m.in
	if in.next > in.acked {
		m.sendAck = true
		n.wake(m)
	}
	if !in.waiting || m.state != Alive {
		return
	}
	if now-in.since >= n.o.HoleTimeout {
		to := in.head
		if early := in.early(^uint64(0)); len(early) > 0 {
			to = early[0]
		}
		n.pass(now, m, to)
		return
	}
	if now >= in.wantAt {
		in.wantAt = now + wantEvery
		m.sendWant = true
		n.wake(m)
	}
}

// tickStable tells everybody up to where our messages have arrived everywhere, so
// that they need not keep them for each other. Members that are gone do not count:
// they are served from their own window.
func (n *Node) tickStable() {
	if !n.moved {
		return
	}
	n.moved = false
	stable := n.number + 1
	for _, m := range n.sorted {
		if m.state == Gone {
			continue
		}
		switch number, unknown := m.out.oldest(); {
		case unknown:
			return
		case number != 0:
			stable = min(stable, number)
		}
	}
	if stable <= n.stable {
		return
	}
	n.stable = stable
	for _, m := range n.sorted {
		if m.linked {
			m.sendHead = true
			n.wake(m)
		}
	}
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
