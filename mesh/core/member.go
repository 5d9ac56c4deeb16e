package core

import (
	"time"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// A State is how a member stands with us.
type State int

// The states of a member.
const (
	// Alive is heard regularly.
	Alive State = iota
	// Suspect lost its link or is silent. What it is offered is kept for it, but
	// nobody waits for it.
	Suspect
	// Gone has been silent for long. It does not count as a server any more; what
	// it is offered is still kept, for the rest of the replay window.
	Gone
	// Left said goodbye, is dead, or came back as another life.
	Left
)

func (s State) String() string {
	return [...]string{"alive", "suspect", "gone", "left"}[s]
}

// A member is another node of the application.
type member struct {
	peer   Peer
	index  int // in Node.all
	record frame.Member
	state  State
	heard  time.Duration // last sign of life, on any road

	announced uint64 // number of its last message on the topic

	welcome   bool // its Hello came on the stream that is open
	linked    bool // our stream and its own are open
	awake     bool // the shell knows that Next has something
	saidBye   bool
	dead      bool // nobody is at its address any more
	unlinked  time.Duration
	refused   time.Duration // when a dial last showed that nobody is at its address
	onTopic   bool          // was heard there since it lost its link
	proven    bool          // the same, so long after that that it cannot have been a last word
	wasLinked bool          // there has been a link
	longRoad  bool          // its records go the long way round
	tomb      bool          // taken for dead since entombed, though not for certain
	entombed  time.Duration
	leftTold  bool // the application was told that it left
	parted    bool // forgotten after WindowAge; only the numbers and its interest are kept

	out   outflow
	in    inflow
	inbox []Delivery
	spare []Delivery // empty, and room for inbox
	hoard hoard

	channels *channels // what it wants
	pending  *channels // the snapshot under way; nil: none
	synced   bool      // channels is its whole interest
	tickets  []awaited // subscriptions it has not confirmed

	sendAck, sendWant, sendHead, sendMembers, sendResync bool
	headAt                                               time.Duration // when it was told where we are
	newcomers                                            []Peer        // it is to be told of
	claims                                               []frame.Claim
	bequests                                             []bequest
	dialing                                              dialing
}

// A Delivery is something for the application, in the order of its sender:
// a message, or a number of messages lost, or that the sender left.
type Delivery struct {
	Channel string
	Data    []byte
	Lost    uint64
	Left    bool
}

// Inbox takes what there is to deliver from p.
func (n *Node) Inbox(p Peer) []Delivery {
	d := n.farewells[p] // of its life before, if there was one
	delete(n.farewells, p)
	if m := n.members[p]; m != nil {
		if d == nil {
			d = m.inbox // which is not copied
		} else {
			d = append(d, m.inbox...)
		}
		m.inbox = nil
	}
	return d
}

func (n *Node) deliver(m *member, d Delivery) {
	m.inbox = append(m.inbox, d)
	if len(m.inbox) == 1 { // else the shell knows
		n.shell.Inbox(m.peer)
	}
}

// join makes p a member. All it is told first is our whole interest.
func (n *Node) join(now time.Duration, p Peer, record frame.Member) *member {
	n.settleEstateOf(p)
	m := &member{
		peer: p, record: record, heard: now, unlinked: now,
		out: newOutflow(&n.kept), channels: newChannels(),
	}
	n.graves.resurrect(m)
	n.members[p] = m
	n.epochs[record.Epoch] = m
	n.enlist(m)
	n.moved = true
	n.unsynced = append(n.unsynced, m)
	delete(n.hints, p)
	delete(n.rumours, p)
	n.offerSnapshot(now, m)
	n.plan(now, m)
	n.shell.Changed(p, record.Name, Alive)
	return m
}

// remove ends the membership of m: it is over if it said goodbye, after all it had
// to say.
func (n *Node) remove(now time.Duration, m *member, over bool) {
	n.pass(now, m, m.in.head)
	n.strike(m, over)
	n.tellLeft(m)
	n.stray(m)
}

// tellLeft tells the application that m left, unless it was told.
func (n *Node) tellLeft(m *member) {
	if !m.leftTold {
		m.leftTold = true
		n.deliver(m, Delivery{Left: true})
	}
}

// strike takes m off every list.
func (n *Node) strike(m *member, over bool) {
	waiting := m.out.advance(m.out.next)
	if !m.tomb { // what the dead were offered is no loss to anybody
		n.forget(m, waiting)
	}
	n.settle(m)
	n.uninterest(m)
	delete(n.members, m.peer)
	delete(n.epochs, m.record.Epoch)
	n.delist(m)
	if m.linked {
		n.linkCount--
	}
	n.graves.dig(m, over)
	n.renounceAll(m.peer)
	if !m.tomb { // else it was told before
		n.shell.Changed(m.peer, m.record.Name, Left)
	}
	n.room()
}

// stray hands over what m, no member any more, has in its inbox.
func (n *Node) stray(m *member) {
	if len(m.inbox) > 0 {
		n.farewells[m.peer] = append(n.farewells[m.peer], m.inbox...)
		m.inbox = nil
		n.shell.Inbox(m.peer)
	}
}

// hear notes a sign of life.
func (n *Node) hear(now time.Duration, m *member) {
	m.heard = now
	if m.state == Alive {
		return
	}
	m.state, m.leftTold = Alive, false
	n.moved = true
	n.stir(m)
	if m.tomb {
		m.tomb = false
		n.settleEstateOf(m.peer)
	}
	if m.parted {
		n.settleEstateOf(m.peer)
		m.parted = false
		n.unsync(m)
		n.offerSnapshot(now, m)
	}
	n.shell.Changed(m.peer, m.record.Name, Alive)
	n.wake(m)
}

// doubt makes m suspect: nobody waits for it any more.
func (n *Node) doubt(m *member) {
	if m.state != Alive {
		return
	}
	m.state = Suspect
	n.moved = true
	n.stir(m)
	n.settle(m)
	n.room()
	n.shell.Changed(m.peer, m.record.Name, Suspect)
}

// part makes m gone: it counts no more, but its window stays open.
func (n *Node) part(m *member) {
	n.doubt(m)
	m.state, m.proven = Gone, false
	n.moved = true
	n.tellLeft(m)
	n.shell.Changed(m.peer, m.record.Name, Gone)
}

// close ends the replay window of a member that is gone. The numbers stay, and what
// it would have been offered goes on being counted by what it wanted last, so that
// all that was lost can be told if it ever comes back.
func (n *Node) close(now time.Duration, m *member) {
	n.openEstate(now, m)
	m.parted = true
	n.forget(m, m.out.advance(m.out.next))
}

// entomb takes m for dead, since nobody is at its address: what it left is spread
// and the application is told that it left. A firewall that rejects makes a living
// member look the same, so its numbers and its window are kept for WindowAge, and it is dialled again now and then.
func (n *Node) entomb(now time.Duration, m *member) {
	if m.state == Alive {
		n.doubt(m)
	}
	m.tomb, m.entombed, m.dead = true, now, false
	m.state = Gone
	n.moved = true
	n.shell.Changed(m.peer, m.record.Name, Gone)
	n.openEstate(now, m)
}

// fade forgets what was kept for a member that was taken for dead long ago, but for
// the numbers. One of them is left out, so that it is told that it missed something
// if it lives after all.
func (n *Node) fade(m *member) {
	n.uninterest(m)
	m.out.advance(m.out.next)
	m.out.next++
	m.out.lost++
	m.out.base = m.out.next
	m.out.rewind(m.out.next)
	m.hoard = hoard{}
	m.parted = true
}

func (n *Node) room() {
	if n.blocked {
		n.blocked = false
		n.shell.Room()
	}
}
