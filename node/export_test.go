package node

import "github.com/signalmesh/signalmesh/discovery"

// Contact returns what the loop that looks for peers has found.
func (n *Node) Contact() (discovery.Contact, <-chan struct{}) { return n.loop.Contact() }
