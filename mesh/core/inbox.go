package core

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
