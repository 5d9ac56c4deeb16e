package core

import (
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

const (
	maxHints     = 4096
	fewContacts  = 16
	hintTries    = 3
	dialPause    = 250 * time.Millisecond
	dialPauseMax = 5 * time.Second
	// partedPause is the same for a member whose window has ended: a long partition
	// may still heal, and nobody else would bring the two sides together.
	partedPause = 20 * time.Second
	// politeness is how long the larger peer ID waits for the smaller to dial, so
	// that two nodes do not dial each other at the same moment.
	politeness = 2 * time.Second
	// impatience is the same for a link that was lost: both know of each other, and
	// the dial tells whether the peer is dead.
	impatience = 200 * time.Millisecond
)

// A dialing is when and how often a peer was or will be dialled.
type dialing struct {
	at    time.Duration
	tries int
	busy  bool
}

// A hint is a peer that another member told of.
type hint struct {
	addrs []string
	dialing
}

// plan sets when a member without a link is dialled.
func (n *Node) plan(now time.Duration, m *Member) {
	m.dialing = dialing{at: now + n.courtesy(m.peer, politeness), tries: m.dialing.tries, busy: m.dialing.busy}
}

// replan sets when a member that lost its link is dialled.
func (n *Node) replan(now time.Duration, m *Member) {
	m.dialing = dialing{at: now + n.courtesy(m.peer, impatience), busy: m.dialing.busy}
}

// courtesy is how long to wait for p to dial us. A node without an address
// cannot be dialled, so it does not wait.
func (n *Node) courtesy(p Peer, pause time.Duration) time.Duration {
	if n.o.Self < p || len(n.o.Member.Addrs) == 0 {
		return n.jitter(20 * time.Millisecond)
	}
	return pause + n.jitter(pause)
}

// jitter is a random time below limit.
func (n *Node) jitter(limit time.Duration) time.Duration {
	return time.Duration(n.o.Rand.Int64N(int64(limit)))
}

// takeContacts takes a list of servers that m sent. Servers that are not members are
// dialled; a list alone makes no server a member. A list that names m is complete.
func (n *Node) takeContacts(now time.Duration, m *Member, contacts frame.Members) {
	complete := false
	for _, c := range contacts {
		complete = complete || Peer(c.Peer) == m.peer
		n.hint(now, Peer(c.Peer), c.Addrs)
	}
	if complete {
		n.takeList(now, m, contacts)
	}
}

// hint sees to it that p is dialled, unless it is a member, or has no address.
func (n *Node) hint(now time.Duration, p Peer, addrs []string) {
	if len(addrs) > 0 && p != n.o.Self && n.members[p] == nil && n.hints[p] == nil && len(n.hints) < maxHints {
		n.hints[p] = &hint{addrs: addrs, dialing: dialing{at: now + n.courtesy(p, politeness)}}
	}
}

// introduce sees to it that the others are told of a newcomer soon, so that
// the one with the smaller peer ID dials, whichever that is. Where there are more
// members than links, the newcomer finds enough by itself.
func (n *Node) introduce(newcomer *Member) {
	if n.crowded() {
		return
	}
	for _, m := range n.all {
		if m != newcomer && m.linked && len(m.newcomers) < maxHints {
			m.newcomers, m.sendNews = append(m.newcomers, newcomer.peer), true
			if len(n.all) <= crowd {
				n.wake(m)
			} else { // others may come before the next tick
				n.stir(m)
			}
		}
	}
}

// crowded tells whether more nodes are known than are linked directly.
func (n *Node) crowded() bool { return len(n.all)+len(n.hints) > n.o.FullMesh }

// enoughLinks is how many links a node makes. Where full mesh is out of reach, most
// records go round anyway, and every link more is a heartbeat more.
func (n *Node) enoughLinks() int {
	if n.crowded() {
		return max(1, n.o.FullMesh/4)
	}
	return n.o.FullMesh
}

// contacts takes what m is to be told of the other members: all of them when it is new
// itself, afterwards the newcomers. In a crowd some are enough to begin with: they tell
// of more, and so does the topic. A list of all ends with this node, if it has stopped
// seeking: then the list is complete.
func (n *Node) contacts(m *Member) frame.Members {
	var c frame.Members
	add := func(o *Member) {
		if o != nil && o != m && (o.state == Alive || o.state == Suspect) && len(c) < maxHints {
			c = append(c, frame.Contact{Peer: string(o.peer), Addrs: o.record.Addrs})
		}
	}
	if m.sendAll {
		enough := n.o.FullMesh
		if n.crowded() {
			enough = min(enough, fewContacts)
		}
		c = make(frame.Members, 0, min(len(n.all), enough))
		for _, i := range n.some(len(n.all), enough) {
			add(n.all[i])
		}
		if !n.sought() {
			c = append(c, frame.Contact{Peer: string(n.o.Self), Addrs: n.o.Member.Addrs})
		}
	} else if len(m.newcomers) > 0 {
		c = make(frame.Members, 0, len(m.newcomers))
		for _, p := range m.newcomers {
			add(n.members[p])
		}
	}
	m.sendAll, m.newcomers = false, nil
	return c
}

// dialDue dials whom it is time to dial.
func (n *Node) dialDue(now time.Duration) {
	if n.leaving || n.linked() >= n.enoughLinks() {
		return
	}
	var due []Peer
	busy := 0
	note := func(p Peer, d *dialing) {
		if d.busy {
			busy++
		} else if now >= d.at {
			due = append(due, p)
		}
	}
	if n.linkCount < len(n.all) {
		for _, m := range n.all {
			if !m.linked && !m.dialsOnly() {
				note(m.peer, &m.dialing)
			}
		}
	}
	known := len(due)
	for p, h := range n.hints {
		note(p, &h.dialing)
	}
	slices.Sort(due[known:])
	for _, i := range n.some(len(due), n.enoughLinks()-n.linked()-busy) {
		n.dial(due[i])
	}
}

// dialsOnly reports whether m has no address: it makes its links itself.
func (m *Member) dialsOnly() bool { return len(m.record.Addrs) == 0 }

// dial dials a member, or who was told of.
func (n *Node) dial(p Peer) {
	if m := n.members[p]; m != nil {
		m.dialing.busy = true
		n.shell.Dial(p, m.record.Addrs)
		return
	}
	h := n.hints[p]
	h.busy = true
	n.shell.Dial(p, h.addrs)
}

// some returns k indices below all, at random, in order; every one if there are no more.
// If all nodes chose the same, those would bear the links of everybody.
func (n *Node) some(all, k int) []int {
	chosen := make([]int, 0, max(0, min(all, k)))
	for i := range all {
		if left := k - len(chosen); all-i <= left || left > 0 && n.o.Rand.IntN(all-i) < left {
			chosen = append(chosen, i)
		}
	}
	return chosen
}

func (n *Node) linked() int {
	return n.linkCount
}

// done sets when to dial again: later each time.
func (d *dialing) done(now, limit time.Duration, jitter func(time.Duration) time.Duration) {
	pause := min(dialPause<<min(d.tries, 10), limit)
	d.busy = false
	d.tries++
	d.at = now + pause + jitter(pause)
}

// Dialed is the answer to Shell.Dial: there is a connection to p, or not. If dead,
// then because nobody listens at its address, or somebody else does.
func (n *Node) Dialed(now time.Duration, p Peer, connected, dead bool) {
	if !connected {
		n.noteDial(p, dead)
	}
	if h := n.hints[p]; h != nil {
		h.done(now, dialPauseMax, n.jitter)
		if dead || h.tries >= hintTries {
			delete(n.hints, p)
		}
	}
	m := n.members[p]
	switch {
	case m == nil:
	case m.tomb:
		m.dialing.done(now, partedPause, n.jitter)
	case dead && !connected && !m.proven && m.state == Alive: // by what may have been its last word: silence will tell
		m.refused = now
		m.dialing.done(now, dialPauseMax, n.jitter)
	case dead && !connected && !m.proven: // who is heard is not dead
		if m.dead = m.welcome; !m.dead { // else what is still on its way from it comes first
			n.entomb(now, m)
		}
		m.dialing.done(now, dialPauseMax, n.jitter)
	case m.parted:
		m.dialing.done(now, partedPause, n.jitter)
	default:
		m.dialing.done(now, dialPauseMax, n.jitter)
	}
}
