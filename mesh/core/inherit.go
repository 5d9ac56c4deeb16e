package core

import (
	"github.com/signalmesh/signalmesh/mesh/frame"
)

// settleEstate closes the stream of the dead: it delivers what was held back and what was found, in order, then
// says what is lost, and that the member left.
func (n *Node) settleEstate(e *estate) {
	if e.settled {
		return
	}
	e.settled = true
	lost := n.inherit(e)
	m := e.m
	if lost > 0 {
		n.lose(m, lost)
	}
	n.tellLeft(m)
	if n.members[m.peer] != m {
		n.stray(m)
	}
	e.found, e.bytes = nil, 0
}

// inherit delivers what of m was held back behind holes, and what others had of
// it, in the order of the numbers. It says how many records never came.
func (n *Node) inherit(e *estate) (lost uint64) {
	in := &e.m.in
	numbers := sortedKeys(e.found)
	missing, found := uint64(0), uint64(0)
	until := func(number uint64) {
		for len(numbers) > 0 && numbers[0] < number {
			if numbers[0] > in.number {
				found++
				n.stats.Inherited++
				_ = n.acceptMessage(e.m, e.found[numbers[0]]) // it was parsed before
			}
			numbers = numbers[1:]
		}
	}
	for _, s := range in.early(^uint64(0)) {
		missing += s - in.next
		in.next = s
		r, _ := in.ready()
		in.next++
		if msg, err := frame.ParseMessage(r); err == nil && msg.Number > 0 {
			until(msg.Number) // so much of the hole is filled
			lost += missing - min(missing, found)
			missing, found = 0, 0
		}
		_ = n.acceptMessage(e.m, r) // a malformed one ends here, as lost as the rest
	}
	until(^uint64(0))
	if in.head > in.next {
		missing += in.head - in.next
		in.next = in.head
	}
	filled := min(missing, found)
	in.inherited = found - filled // numbers we shall never see: the sender counts them if it comes back
	return lost + missing - filled
}
