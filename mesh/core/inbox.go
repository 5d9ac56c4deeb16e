package core

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
	if len(n.farewells) == 0 {
		return n.members[p].takeInbox()
	}
	d := n.farewells[p] // of its life before, if there was one
	delete(n.farewells, p)
	if inbox := n.members[p].takeInbox(); d == nil {
		d = inbox // which is not copied
	} else {
		d = append(d, inbox...)
	}
	return d
}

// InboxOf is Inbox for a member that the shell has at hand.
func (n *Node) InboxOf(m *Member) []Delivery {
	if len(n.farewells) == 0 && !m.over {
		return m.takeInbox()
	}
	return n.Inbox(m.peer)
}

func (m *Member) takeInbox() (d []Delivery) {
	if m != nil {
		d, m.inbox = m.inbox, nil
	}
	return d
}

func (n *Node) deliver(m *Member, d Delivery) {
	m.inbox = append(m.inbox, d)
	if len(m.inbox) == 1 { // else the shell knows
		n.shell.Inbox(m)
	}
}

// stray hands over what m, no member any more, has in its inbox.
func (n *Node) stray(m *Member) {
	if len(m.inbox) > 0 {
		n.farewells[m.peer] = append(n.farewells[m.peer], m.inbox...)
		m.inbox = nil
		n.shell.Inbox(m)
	}
}

// maxSpare is the most deliveries that room is kept for, for each member.
const maxSpare = 4096

// Reuse takes back what Inbox returned for p, when all of it was delivered, for the next
// messages. Who still looks at it must not give it back.
func (n *Node) Reuse(p Peer, inbox []Delivery) {
	if m := n.members[p]; m != nil {
		m.Reuse(inbox)
	}
}

// Reuse is Node.Reuse for a member that the shell has at hand.
func (m *Member) Reuse(inbox []Delivery) {
	if cap(inbox) <= maxSpare {
		m.spare = inbox[:0]
	}
}

// roomyInbox is the inbox, with the room that was given back if it has none.
func (m *Member) roomyInbox() []Delivery {
	if m.inbox == nil {
		m.inbox, m.spare = m.spare, nil
	}
	return m.inbox
}
