package virtual

// Of a message, the author sends a copy to all its GossipSub peers, every other seat one
// to its mesh but for the one it has the message from; and every copy arrives somewhere.
// All that a tree's messages cost grows with their sizes alone, so the sizes are added
// up, and each host is charged when the tree changes or the run ends.

// A toll is what the messages over a tree cost.
type toll struct {
	copies []int // that a seat sends of each, in the order of tree.reached
	sent   int   // of all
	each   int   // copies that a seat hears, but for the author; spread evenly

	count, bytes, acks uint64 // of the messages since the hosts were charged
}

// set counts the copies for the overlay as it is.
func (l *toll) set(t *topic, reached []*seat) {
	l.copies, l.sent = l.copies[:0], 0
	for i, s := range reached {
		copies := len(s.mesh) - 1
		if i == 0 { // the author
			copies = len(s.mesh)
			if *t.w.s.Mesh.FloodPublish {
				copies = len(s.peers)
			}
		}
		l.copies = append(l.copies, max(0, copies))
		l.sent += max(0, copies)
	}
	heard := len(reached) - 1
	l.each = max(l.sent, heard) / max(1, heard)
}

// charge counts a message of so many bytes on the wire.
func (tr *tree) charge(t *topic, size int) {
	l, w := &tr.toll, t.w
	acks := (size + segment - 1) / segment * segmentHeader
	heard := len(tr.reached) - 1
	w.sent += uint64(l.sent*size + heard*l.each*acks)
	sent := max(l.sent, heard)
	t.received += w.counted(heard)
	t.duplicates += w.counted(sent - heard)
	t.bytes += w.counted(sent * size)
	l.count += w.counted(1)
	l.bytes += w.counted(size)
	l.acks += w.counted(acks)
}

// collect charges the hosts.
func (tr *tree) collect() {
	l := &tr.toll
	if l.count == 0 {
		return
	}
	for i, s := range tr.reached {
		h, copies, heard := s.life.host, uint64(l.copies[i]), uint64(l.each)
		if i == 0 {
			heard = 0
		}
		h.SentMessages += copies * l.count
		h.SentBytes += copies*l.bytes + heard*l.acks
		h.ReceivedMessages += heard * l.count
		h.ReceivedBytes += copies*l.acks + heard*l.bytes
	}
	l.count, l.bytes, l.acks = 0, 0, 0
}
