package core

import (
	"errors"
	"fmt"
	"time"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// TickEvery is how often Tick wants to be called.
const TickEvery = 100 * time.Millisecond

var (
	// ErrBacklog means that a peer is behind; Publish may be tried again after
	// Shell.Room.
	ErrBacklog = errors.New("a peer is behind")
	// ErrTooLarge means that a message is larger than Options.MaxMessage.
	ErrTooLarge = errors.New("message too large")
	// ErrInterest means that more channels are subscribed than others would take.
	ErrInterest = errors.New("too many subscriptions")
	// ErrFull means that there are Options.MaxMembers members.
	ErrFull = errors.New("the mesh is full")
	// ErrViolation means that a peer broke the protocol and should be cut off.
	ErrViolation = errors.New("protocol violation")
)

// A Node is one node's view of one application.
type Node struct {
	o     Options
	shell Shell

	members   map[Peer]*Member
	all       []*Member       // the same, in an order that the calls decide
	rests     []time.Duration // until when Tick need not look at each of all
	due       []*Member       // those it has to look at
	read      int             // so that what restless reads is made use of
	linkCount int             // of all that are linked
	epochs    map[uint64]*Member
	farewells map[Peer][]Delivery // of members that were removed
	estates   map[uint64]*estate  // of members that died, by epoch
	claims    map[uint64][]claim  // on members that are not dead for us, by epoch
	graves    graves
	hints     map[Peer]*hint
	rumours   map[Peer]rumour
	links     map[Peer]bool // our stream to the peer is open
	joining   *joining      // nil: the node has joined

	own      map[string]string                 // channels subscribed here; the value is the key, to share it
	ownBytes int                               // of their names
	interest map[string][]*Member              // who wants a channel
	listing  listing                           // those of its channels that are listed
	follower func(channel string, wanted bool) // of interest; nil: none
	unsynced []*Member                         // whose interest is not known: they are sent everything

	kept   int            // bytes in all outflows
	number uint64         // of the last message offered to more than one member
	stable uint64         // every message numbered below is acknowledged
	shared queue[*record] // those from there on
	untold int            // bytes published to several since they were told of stable

	snapshot [][]byte // what is wanted here, as records; nil: it has changed since

	tickets    map[uint64]*ticket
	lastTicket uint64

	relayAt     time.Duration // when to send the next Relay, if nothing urgent comes before
	travel      bool          // there is something on the long road
	urgent      bool          // it has to go now
	announceAt  time.Duration
	announcedAt time.Duration
	leaving     bool
	farewell    bool // the topic was told
	blocked     bool // a Publish met ErrBacklog
	batch       batch
	stats       Stats
}

// New returns a Node that knows nobody. now is the time on the caller's clock,
// which may start anywhere and never goes back.
func New(now time.Duration, o Options) *Node {
	n := &Node{
		o:          o.complete(),
		shell:      o.Shell,
		members:    map[Peer]*Member{},
		epochs:     map[uint64]*Member{},
		farewells:  map[Peer][]Delivery{},
		estates:    map[uint64]*estate{},
		claims:     map[uint64][]claim{},
		graves:     graves{lives: map[uint64]grave{}},
		hints:      map[Peer]*hint{},
		rumours:    map[Peer]rumour{},
		links:      map[Peer]bool{},
		own:        map[string]string{},
		interest:   map[string][]*Member{},
		tickets:    map[uint64]*ticket{},
		announceAt: now, announcedAt: now - announceSoon,
		joining: &joining{set: map[Peer]*joinee{}, lists: map[Peer]frame.Members{}},
	}
	n.joining.deadline = now + n.o.JoinTimeout
	return n
}

// Publish offers data to every other member that wants channel, and says how
// many of them are not gone. With ErrBacklog or ErrTooLarge nothing was offered
// to anybody. The Node keeps no reference to data.
func (n *Node) Publish(now time.Duration, channel string, data []byte) (int, error) {
	if size := len(channel) + len(data); size > n.o.MaxMessage || len(channel) > frame.MaxChannel {
		return 0, fmt.Errorf("%w: %d bytes for channel %.64q, limit %d", ErrTooLarge, size, channel, n.o.MaxMessage)
	}
	wanters := n.interest[channel]
	for _, m := range wanters {
		if n.behind(m) {
			return 0, ErrBacklog
		}
	}
	for _, m := range n.unsynced {
		if n.behind(m) {
			return 0, ErrBacklog
		}
	}
	if len(wanters) == 0 && len(n.unsynced) == 0 {
		return 0, nil
	}
	r := n.message(now, len(wanters)+len(n.unsynced) > 1, channel, data)
	n.urgent = true
	servers := 0
	for _, m := range wanters {
		if m.synced {
			servers += n.offerMessage(m, r)
		}
	}
	for _, m := range n.unsynced {
		servers += n.offerMessage(m, r)
	}
	return servers, nil
}

// message makes the record of a message. One that is shared gets a number.
func (n *Node) message(now time.Duration, shared bool, channel string, data []byte) *record {
	r := &record{at: now}
	if shared {
		n.number++
		r.number = n.number
	}
	r.bytes = frame.AppendMessage(make([]byte, 0, len(channel)+len(data)+12), r.number, channel, data)
	if shared {
		n.untold += len(r.bytes)
		n.shared.push(r)
	}
	return r
}

// behind tells whether m has so much waiting that the publisher has to wait.
// A member that is away holds nobody up: its window slides instead.
func (n *Node) behind(m *Member) bool {
	if m.state != Alive || m.out.bytes < n.o.Backlog {
		return false
	}
	n.blocked = true
	return true
}

func (n *Node) offerMessage(m *Member, r *record) int {
	n.stats.Offered++
	n.offer(m, r)
	if m.state == Gone {
		return 0
	}
	return 1
}

// offer numbers r for m, and sees to it that it gets on its way.
func (n *Node) offer(m *Member, r *record) {
	if m.out.put(r); !m.linked {
		n.stirAt(m, min(r.at+n.o.WindowAge, m.headAt+n.probeAfter()))
	}
	if m.parted { // it is only told how many it missed
		n.forget(m, m.out.advance(m.out.next))
		return
	}
	if m.out.bytes > n.o.WindowBytes {
		n.forget(m, m.out.shrink(n.o.WindowBytes))
	}
	n.wake(m)
}

// wake sees to it that what waits for m is fetched, on the road m is on.
func (n *Node) wake(m *Member) {
	switch {
	case m.linked:
		if !m.awake {
			m.awake = true
			n.shell.Wake(m)
		}
	case m.longRoad:
		n.travel = true
		if n.urgent {
			n.shell.WakeTopic()
		}
	}
}

// Subscribers says how many members that are not gone want channel. One whose
// interest is not known yet counts, to err on the side of presence.
func (n *Node) Subscribers(channel string) int {
	servers := 0
	for _, m := range n.interest[channel] {
		if m.synced && m.state != Gone {
			servers++
		}
	}
	for _, m := range n.unsynced {
		if m.state != Gone {
			servers++
		}
	}
	return servers
}

// forget counts records that will never reach m.
func (n *Node) forget(m *Member, records uint64) {
	m.out.lost += records
	n.stats.Dropped += records
}

// Leave makes every Next end with a goodbye and NextTopic with a last Announce.
func (n *Node) Leave() {
	n.leaving = true
	for _, m := range n.all {
		n.wake(m)
	}
	n.shell.WakeTopic()
}
