package account

import (
	"slices"

	"github.com/signalmesh/signalmesh/simulations/load"
)

// Unpublished records that m was not published, because its node had no process that could.
// A node that has never started has no publishers yet.
func (b *Book) Unpublished(m load.Message) {
	if b.nodes[m.Node].life >= 0 {
		b.class(m.Class).Unpublished++
	}
}

// miss records the nodes that a message should have been offered to and was not. A node
// whose first process is not ready yet has no clients, and misses nothing.
func (b *Book) miss(e *message, by int, wanters []int) {
	for _, n := range wanters {
		of := &b.nodes[n]
		switch l := of.life; {
		case n == by || l < 0:
		case e.expected != nil && e.expected[l/64]&(1<<(l%64)) != 0: // it was offered
		case of.outage >= 0:
			e.class.ReceiverDown++
			e.missed = append(e.missed, ^int32(n))
		case of.ready:
			e.class.ReceiverUnknown++
			e.missed = append(e.missed, int32(n))
		}
	}
}

// found takes a node out of those that a message was not offered to.
func (m *message) found(node int) {
	if i := slices.Index(m.missed, int32(node)); i >= 0 {
		m.missed = slices.Delete(m.missed, i, i+1)
		m.class.ReceiverUnknown--
	} else if i := slices.Index(m.missed, ^int32(node)); i >= 0 {
		m.missed = slices.Delete(m.missed, i, i+1)
		m.class.ReceiverDown--
	}
}
