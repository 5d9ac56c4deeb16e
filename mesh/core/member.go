package core

import (
	"time"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// A State is how a member stands with us.
type State uint8

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

// A Member is another node of the application. A shell that Changed told of it may
// keep it, to spare looking it up by its Peer for every frame. Once it is Left it takes
// and yields nothing any more; the same peer is another Member when it comes back.
//
// A large mesh has millions of them, which no cache holds: so what is looked at for every
// frame stands first and together.
type Member struct {
	heard     time.Duration // last sign of life, on any road
	headAt    time.Duration // when it was told where we are
	announced uint64        // number of its last message on the topic
	record    *frame.Member // as it was told last; never changed

	index     int32 // in Node.all
	state     State
	over      bool // it is no member any more
	welcome   bool // its Hello came on the stream that is open
	linked    bool // our stream and its own are open
	awake     bool // the shell knows that Next has something
	saidBye   bool
	dead      bool // nobody is at its address any more
	onTopic   bool // was heard there since it lost its link
	proven    bool // the same, so long after that that it cannot have been a last word
	wasLinked bool // there has been a link
	longRoad  bool // its records go the long way round
	tomb      bool // taken for dead since entombed, though not for certain
	leftTold  bool // the application was told that it left
	departed  bool // it announced that it leaves
	parted    bool // forgotten after WindowAge; only the numbers and its interest are kept
	synced    bool // channels is its whole interest
	sendAck   bool
	sendWant  bool
	sendHead  bool
	sendNews  bool // there are newcomers, claims or bequests, or what follows is set
	sendAll   bool // it is to be told of all members
	resync    bool // its whole interest is to be asked for
	asked     bool // it was asked for that and has not answered
	lists     bool // it sends complete lists
	listed    bool // its complete list came

	// Tag is the shell's: what it wants to find with the member. It is kept as long as
	// the member, and not looked at here.
	Tag any

	out     outflow
	tickets []awaited // subscriptions it has not confirmed

	introduced uint64 // the sequence after our first snapshot

	in    inflow
	hoard hoard
	inbox []Delivery
	spare []Delivery // empty, and room for inbox

	peer     Peer
	channels channels  // what it wants
	pending  *channels // the snapshot under way; nil: none
	unlinked time.Duration
	refused  time.Duration // when a dial last showed that nobody is at its address
	entombed time.Duration
	dialing  dialing

	newcomers []Peer // it is to be told of
	claims    []frame.Claim
	bequests  []bequest
}

// Peer returns its peer ID.
func (m *Member) Peer() Peer { return m.peer }

// Name is what people call it.
func (m *Member) Name() string { return m.record.Name }

// Read reads what a frame of m, or a message of it on the topic, will make use of, and
// changes nothing: for who is going to hand over many, each of another member. What it
// returns has no meaning.
func (m *Member) Read() int {
	return int(m.heard) ^ int(m.out.base) ^ int(m.out.next) ^ int(m.in.next) ^ len(m.inbox) ^ m.hoard.bytes
}

// join makes p a member. All it is told first is our whole interest.
func (n *Node) join(now time.Duration, p Peer, record *frame.Member) *Member {
	n.settleEstateOf(p)
	m := &Member{peer: p, record: record, heard: now, unlinked: now, out: newOutflow(&n.kept)}
	if r, heard := n.rumours[p]; heard && r.epoch == record.Epoch { // it has had no link since then
		m.unlinked = r.since
	}
	if h := n.hints[p]; h != nil {
		m.dialing = h.dialing
	}
	n.graves.resurrect(m)
	n.members[p] = m
	n.epochs[record.Epoch] = m
	n.enlist(m)
	n.unsynced = append(n.unsynced, m)
	delete(n.hints, p)
	delete(n.rumours, p)
	n.offerSnapshot(now, m)
	m.introduced = m.out.next
	n.plan(now, m)
	n.enrolMember(now, m)
	n.shell.Changed(m, Alive)
	return m
}

// remove ends the membership of m: it is over if it said goodbye, after all it had
// to say.
func (n *Node) remove(now time.Duration, m *Member, over bool) {
	n.pass(now, m, m.in.head)
	n.strike(m, over)
	n.tellLeft(m)
	n.stray(m)
}

// tellLeft tells the application that m left, unless it was told.
func (n *Node) tellLeft(m *Member) {
	if !m.leftTold {
		m.leftTold = true
		n.deliver(m, Delivery{Left: true})
	}
}

// strike takes m off every list.
func (n *Node) strike(m *Member, over bool) {
	waiting := m.out.advance(m.out.next)
	m.over = true
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
	if !m.tomb || m.departed { // a tomb was reported as Gone already
		n.shell.Changed(m, Left)
	}
	n.room()
}

// hear notes a sign of life.
func (n *Node) hear(now time.Duration, m *Member) {
	m.heard = now
	if m.state == Alive {
		return
	}
	m.state, m.leftTold = Alive, false
	m.out.count(true)
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
	n.shell.Changed(m, Alive)
	n.wake(m)
}

// doubt makes m suspect: nobody waits for it any more.
func (n *Node) doubt(m *Member) {
	if m.state != Alive {
		return
	}
	m.state = Suspect
	n.stir(m)
	n.settle(m)
	n.room()
	n.shell.Changed(m, Suspect)
}

// part makes m gone: it counts no more, but its window stays open.
func (n *Node) part(m *Member) {
	n.doubt(m)
	m.state, m.proven = Gone, false
	m.out.count(false)
	n.tellLeft(m)
	n.shell.Changed(m, Gone)
}

// close ends the replay window of a member that is gone. The numbers stay, and what
// it would have been offered goes on being counted by what it wanted last, so that
// all that was lost can be told if it ever comes back.
func (n *Node) close(now time.Duration, m *Member) {
	n.openEstate(now, m)
	m.parted, m.in.closed = true, true
	n.forget(m, m.out.advance(m.out.next))
}

// entomb takes m for dead, since nobody is at its address: what it left is spread
// and the application is told that it left. A firewall that rejects makes a living
// member look the same, so its numbers and its window are kept for WindowAge, and it is dialled again now and then.
func (n *Node) entomb(now time.Duration, m *Member) {
	if m.state == Alive {
		n.doubt(m)
	}
	m.tomb, m.entombed, m.dead = true, now, false
	m.state = Gone
	m.out.count(false)
	n.shell.Changed(m, Gone)
	n.openEstate(now, m)
}

// fade forgets what was kept for a member that was taken for dead long ago, but for
// the numbers. One of them is left out, so that it is told that it missed something
// if it lives after all.
func (n *Node) fade(m *Member) {
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
