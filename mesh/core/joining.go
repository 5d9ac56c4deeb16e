package core

import (
	"time"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// A Node joins the mesh in three steps:
//
//	Seeking --> Listing --> Joined
//	   |  ^
//	   v  |
//	 Refused
//
// Seeking: the caller dials the addresses that it was given. It ends that with Contact.
//
// Listing: the members that were found, and the servers in their complete lists, are the
// set. The node has joined when it and each of the set are members of each other. A
// server that cannot be reached is excused, after Options.JoinTimeout in any case.
//
// Joined is final. Later failures of members change the health of the mesh only.
//
// A complete list is one in which the sender names itself. It does so once it has stopped
// seeking. Every server of a complete list that a member of the set sends first is in the
// set, too, so two servers that join over different members meet. No step waits for
// another server to have joined, so servers cannot wait for each other in a circle.

// A Contact is the outcome of dialling the addresses that the caller was given.
type Contact uint8

// The outcomes of contact.
const (
	// ContactSought means that the addresses are still being dialled.
	ContactSought Contact = iota
	// ContactRefused means that every server that answered refused this one. The node
	// does not join before another outcome is reported.
	ContactRefused
	// ContactEnded means that every dial has ended, and no server refused this one or
	// one of them is a member.
	ContactEnded
)

// DefaultJoinTimeout is the longest time that servers which do not answer delay joining.
const DefaultJoinTimeout = 10 * time.Second

const (
	// unheardAfter is how long a server that could not be dialled may give no sign of life
	// before it counts as dead. A live server announces itself on the topic more often.
	unheardAfter = 3 * time.Second
	// doubtedAfter is the same for a server that one member alone lists. It is longer than
	// it takes to dial it: see politeness.
	doubtedAfter = 5 * time.Second
	// failedDials is the number of failed dials after which a server counts as one that
	// could not be dialled.
	failedDials = 2
	// fewListers is the number of lists without a server that outweigh one list with it.
	fewListers = 2
)

// A Lack is the first thing that a node needs from a server in order to join.
type Lack uint8

// The lacks, in the order in which they end.
const (
	LacksNothing Lack = iota
	LacksLink
	LacksSubscriptions
	LacksAcknowledgement
	LacksList
)

func (l Lack) String() string {
	return [...]string{"nothing", "a connection", "its subscriptions", "its acknowledgement of this server's subscriptions", "its list of servers"}[l]
}

// A Pending is a server that the node waits for, or no longer waits for, in order to join.
type Pending struct {
	Peer  Peer
	Name  string   // empty if it is not a member
	Addrs []string // as multiaddrs
	Lacks Lack
	For   time.Duration // time since the node learned of it
}

// joining is the state of a node that has not joined yet.
type joining struct {
	contact  Contact
	deadline time.Duration
	set      map[Peer]*joinee
	pending  []*joinee              // those of the set that are neither confirmed nor excused, and some that are
	lists    map[Peer]frame.Members // the first complete list of each member
	followed int                    // those of members of the set
	late     []Pending              // excused without having left
}

// A joinee is a server of the set.
type joinee struct {
	peer     Peer
	addrs    []string
	since    time.Duration // when it was added
	listedBy int           // complete lists that have it
	failed   int           // dials
	left     bool          // it said goodbye
}

// Contact reports the outcome of dialling. See Contact.
func (n *Node) Contact(now time.Duration, c Contact) {
	j := n.joining
	if j == nil || j.contact == ContactEnded || j.contact == c {
		return
	}
	if j.contact == ContactRefused {
		j.deadline = now + n.o.JoinTimeout
	}
	if j.contact = c; c == ContactEnded {
		n.listAgain()
	}
	n.tryJoin(now)
}

// Joined reports whether the node has joined.
func (n *Node) Joined() bool { return n.joining == nil }

// Joining returns the servers that the node waits for in order to join, the ones that it
// learned of first at the beginning.
func (n *Node) Joining(now time.Duration) []Pending {
	if n.joining == nil {
		return nil
	}
	var list []Pending
	for _, s := range n.joining.pending {
		if p := n.view(now, s); p.Lacks != LacksNothing {
			list = append(list, p)
		}
	}
	return list
}

func (n *Node) view(now time.Duration, s *joinee) Pending {
	p := Pending{Peer: s.peer, Addrs: s.addrs, Lacks: n.lack(s.peer), For: now - s.since}
	if m := n.members[s.peer]; m != nil {
		p.Name, p.Addrs = m.record.Name, m.record.Addrs
	}
	return p
}

// sought reports whether the addresses are still being dialled.
func (n *Node) sought() bool { return n.joining != nil && n.joining.contact != ContactEnded }

// listAgain sends every linked member the complete list.
func (n *Node) listAgain() {
	for _, m := range n.all {
		if m.linked {
			m.sendNews, m.sendAll = true, true
			n.wake(m)
		}
	}
}

// enrol adds a server to the set. In a mesh that is too large to be linked fully, the
// set has no more servers than the node makes links.
func (n *Node) enrol(now time.Duration, p Peer, addrs []string) *joinee {
	j := n.joining
	if s := j.set[p]; s != nil {
		return s
	}
	if n.crowded() && len(j.set) >= n.enoughLinks() {
		return nil
	}
	s := &joinee{peer: p, addrs: addrs, since: now}
	j.set[p] = s
	j.pending = append(j.pending, s)
	if list, listed := j.lists[p]; listed {
		n.follow(now, p, list)
	}
	return s
}

// enrolMember adds a new member to the set if it came while addresses were dialled.
func (n *Node) enrolMember(now time.Duration, m *Member) {
	if n.sought() {
		n.enrol(now, m.peer, m.record.Addrs)
	}
}

// takeList takes a complete list of m. The first one counts.
func (n *Node) takeList(now time.Duration, m *Member, list frame.Members) {
	if m.listed {
		return
	}
	m.listed = true
	j := n.joining
	if j == nil {
		return
	}
	j.lists[m.peer] = list
	if j.set[m.peer] != nil {
		n.follow(now, m.peer, list)
	}
}

// follow adds the servers in a list of a member of the set to the set. A server that the
// node will not dial is left out.
func (n *Node) follow(now time.Duration, lister Peer, list frame.Members) {
	n.joining.followed++
	for _, c := range list {
		p := Peer(c.Peer)
		if p == n.o.Self || p == lister || n.members[p] == nil && n.hints[p] == nil {
			continue
		}
		if s := n.enrol(now, p, c.Addrs); s != nil {
			s.listedBy++
		}
	}
}

// noteDial records that a dial of p failed. dead means that the address refused the
// connection.
func (n *Node) noteDial(p Peer, dead bool) {
	if n.joining == nil {
		return
	}
	if s := n.joining.set[p]; s != nil {
		if s.failed++; dead {
			s.failed = failedDials
		}
	}
}

// noteLeft records that p said goodbye.
func (n *Node) noteLeft(p Peer) {
	if n.joining == nil {
		return
	}
	if s := n.joining.set[p]; s != nil {
		s.left = true
	}
}

// lack returns what the node waits for from p.
func (n *Node) lack(p Peer) Lack {
	m := n.members[p]
	switch {
	case m == nil || !m.linked && !m.longRoad:
		return LacksLink
	case !m.synced:
		return LacksSubscriptions
	case m.out.base < m.introduced:
		return LacksAcknowledgement
	case m.linked && m.lists && !m.listed:
		return LacksList // a server that is reached over the topic sends none
	}
	return LacksNothing
}

// tryJoin ends joining if nothing is waited for any more.
func (n *Node) tryJoin(now time.Duration) {
	j := n.joining
	if j == nil || j.contact == ContactRefused {
		return
	}
	over := now >= j.deadline
	if j.contact == ContactSought {
		if !over {
			return
		}
		j.contact = ContactEnded
		n.listAgain()
	}
	for len(j.pending) > 0 {
		s := j.pending[0]
		if n.lack(s.peer) != LacksNothing && !n.excused(now, s) {
			if !over && !n.doubtful(now, s) {
				return
			}
			j.late = append(j.late, n.view(now, s))
		}
		j.pending = j.pending[1:]
	}
	n.joining = nil
	n.shell.Joined(j.late)
}

// excused reports whether nothing of s can be lost: it left, or is gone or dead. In a
// mesh that is too large to be linked fully, that holds for every server without a link
// once the node has enough of them: the rest is reached over the topic.
func (n *Node) excused(now time.Duration, s *joinee) bool {
	if r, heard := n.rumours[s.peer]; s.left || heard && r.over {
		return true
	}
	m := n.members[s.peer]
	if m == nil && s.failed >= failedDials && n.silence(now, s) >= unheardAfter || m != nil && (m.state == Gone || m.tomb) {
		return true
	}
	return n.crowded() && n.linked() >= n.enoughLinks() && (m == nil || !m.linked)
}

// doubtful reports whether one member alone lists s, which has given no sign of life.
func (n *Node) doubtful(now time.Duration, s *joinee) bool {
	alone := s.listedBy == 1 && n.joining.followed > fewListers
	return alone && n.members[s.peer] == nil && n.silence(now, s) >= doubtedAfter
}

// silence returns the time since s gave a sign of life on the topic, or was added.
func (n *Node) silence(now time.Duration, s *joinee) time.Duration {
	return now - max(s.since, n.rumours[s.peer].heard)
}
