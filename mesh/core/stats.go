package core

import (
	"cmp"
	"slices"
	"time"
)

// Stats counts what a Node did, in records of the application unless noted. For
// each ordered pair of nodes, what one offered is what the other delivered plus
// what either of them reports as lost.
type Stats struct {
	Offered    uint64 // messages, once for each member they are for
	Delivered  uint64 // messages
	Duplicates uint64 // records that came again
	Unwanted   uint64 // messages for a channel not subscribed here
	Resent     uint64 // records sent again on request
	Dropped    uint64 // records given up before a peer had acknowledged them
	Lost       uint64 // records of peers that never came
	Relayed    uint64 // records sent the long way round
	Inherited  uint64 // messages of dead peers that others still had
	Replays    uint64 // messages on the topic that were older than what is known
}

// Stats returns the counts so far.
func (n *Node) Stats() Stats { return n.stats }

// A MemberView is what a Node knows of a member.
type MemberView struct {
	Peer     Peer
	Name     string
	Version  string
	Epoch    uint64
	Addrs    []string
	State    State
	Linked   bool // directly
	Round    bool // what it is sent goes the long way round
	Heard    time.Duration
	Channels int    // that it wants
	Synced   bool   // those are all
	Waiting  int    // records it has not acknowledged
	Bytes    int    // in them
	Missing  bool   // a record of it is awaited although later ones came
	Lost     uint64 // records of it that never came
	Dropped  uint64 // records for it given up
}

// Members returns what is known of every member that is not dead, in the order of
// their peer IDs.
func (n *Node) Members() []MemberView {
	views := make([]MemberView, 0, len(n.all))
	for _, m := range n.sorted() {
		if m.tomb {
			continue
		}
		views = append(views, MemberView{
			Peer: m.peer, Name: m.record.Name, Version: m.record.Version, Epoch: m.record.Epoch, Addrs: m.record.Addrs,
			State: m.state, Linked: m.linked, Round: m.longRoad, Heard: m.heard, Channels: m.channels.len(), Synced: m.synced,
			Waiting: int(m.out.next - m.out.base), Bytes: m.out.bytes,
			Missing: m.in.waiting, Lost: m.in.lost, Dropped: m.out.lost,
		})
	}
	return views
}

// sorted returns the members in the order of their peer IDs.
func (n *Node) sorted() []*Member {
	return slices.SortedFunc(slices.Values(n.all), func(a, b *Member) int { return cmp.Compare(a.peer, b.peer) })
}

// A Standing is how the mesh is, as a Node sees it.
type Standing struct {
	Alive  int
	Silent []string // names of members that are suspect, and still expected back
	Round  []string // names of members that are alive and have no direct link
}

// Standing returns the state of the mesh. Names are in the order of the peer IDs.
// Members without an address are not counted: they have no clients.
func (n *Node) Standing() Standing {
	var s Standing
	for _, m := range n.sorted() {
		switch {
		case m.dialsOnly():
		case m.state == Suspect:
			s.Silent = append(s.Silent, m.record.Name)
		case m.state == Alive:
			s.Alive++
			if m.longRoad { // a link that is just being made is no fault
				s.Round = append(s.Round, m.record.Name)
			}
		}
	}
	return s
}

// Behind returns the name of a member that publishers have to wait for, and how
// many bytes it has not acknowledged; "" if there is none.
func (n *Node) Behind() (name string, bytes int) {
	for _, m := range n.all {
		if m.state == Alive && m.out.bytes >= n.o.Backlog && m.out.bytes > bytes {
			name, bytes = m.record.Name, m.out.bytes
		}
	}
	return name, bytes
}

// WindowBytes says how many bytes are kept for other members until they have
// acknowledged them.
func (n *Node) WindowBytes() int { return n.kept }

// Alive says how many members are alive.
func (n *Node) Alive() int {
	alive := 0
	for _, m := range n.all {
		if m.state == Alive {
			alive++
		}
	}
	return alive
}

// State says how p stands; Left if it is no member.
func (n *Node) State(p Peer) State {
	if m := n.members[p]; m != nil {
		return m.state
	}
	return Left
}
