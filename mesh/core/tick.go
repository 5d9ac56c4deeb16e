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
	for _, m := range n.restless(now) {
		if !m.over {
			n.tickMember(now, m)
		}
	}
	clear(n.due)
	n.tickEstates(now)
	n.tickRumours(now)
	n.tickStable()
	n.dialDue(now)
	n.tryJoin(now)
	if now >= n.announceAt || n.travel && now >= n.relayAt {
		n.shell.WakeTopic()
	}
}

func (n *Node) tickMember(now time.Duration, m *Member) {
	if n.tickSilence(now, m); m.over {
		return
	}
	n.tickRoad(now, m)
	n.tickOut(now, m)
	n.tickIn(now, m)
	n.rests[m.index] = n.rest(m)
}

func (n *Node) tickSilence(now time.Duration, m *Member) {
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
	case silent >= n.goneAfter(m) && m.state != Gone:
		n.part(m)
	case silent >= n.suspectAfter(m) && m.refused > m.heard && !m.proven && !m.welcome:
		n.entomb(now, m)
	case silent >= n.suspectAfter(m):
		n.doubt(m)
	}
}

// tickRoad puts a member that is heard but has no link on the long road.
func (n *Node) tickRoad(now time.Duration, m *Member) {
	long := !m.linked && m.onTopic && m.state == Alive && n.linkless(now, m)
	turned := long && !m.longRoad
	m.longRoad = long
	if turned {
		m.out.rewind(m.out.base) // what was on its way on the link may be lost
		m.sendHead = true
		n.wake(m)
	}
}

// linkless tells whether it is no use to wait for a link with m: it was lost, or
// could not be made. A newcomer is given time, since everybody reads the topic.
func (n *Node) linkless(now time.Duration, m *Member) bool { return now-m.unlinked >= n.patience(m) }

// patience is how long a link with m is waited for.
func (n *Node) patience(m *Member) time.Duration {
	if !m.wasLinked && m.dialing.tries == 0 && n.linked() < n.enoughLinks() {
		return newcomerPatience
	}
	return n.o.LongRoadAfter
}

func (n *Node) tickOut(now time.Duration, m *Member) {
	switch {
	case m.linked && m.sendNews && len(m.newcomers) > 0:
		n.wake(m)
	case m.linked && now-m.headAt >= n.o.Heartbeat, m.longRoad && m.out.base < m.out.next && now-m.headAt >= n.probeAfter():
		m.sendHead = true
		n.wake(m)
	}
	if !m.linked {
		n.forget(m, m.out.expire(now-n.o.WindowAge))
	}
}

func (n *Node) tickIn(now time.Duration, m *Member) {
	in := &m.in
	if m.longRoad && in.next > in.acked && now-in.owedAt >= n.ackAfter() {
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
		n.hurry()
		n.wake(m)
	}
}

// tickStable tells everybody up to where our messages have arrived everywhere, so
// that they need not keep them for each other. Members that are gone do not count:
// they are served from their own window.
func (n *Node) tickStable() {
	for n.shared.len() > 0 && n.shared.items()[0].open == 0 {
		n.shared.drop(1)
	}
	stable := n.number + 1
	if n.shared.len() > 0 {
		stable = n.shared.items()[0].number
	}
	if stable <= n.stable {
		return
	}
	n.stable = stable
	if n.untold < untoldBytes {
		return // they hear of it with a heartbeat
	}
	n.untold = 0
	for _, m := range n.all {
		if m.linked {
			m.sendHead = true
			n.wake(m)
		}
	}
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	if len(m) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(m))
}
