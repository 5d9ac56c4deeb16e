package core

// Follow tells f every channel that a member wants, and from then on each that the
// first member begins or the last one ceases to want. There is one follower; nil ends
// it.
func (n *Node) Follow(f func(channel string, wanted bool)) {
	n.follower = f
	for channel := range n.interest {
		n.tellFollower(channel, true)
	}
}

func (n *Node) tellFollower(channel string, wanted bool) {
	if n.follower != nil {
		n.follower(channel, wanted)
	}
}
