package virtual

// Of a message, the author sends a copy to all its GossipSub peers, every other seat one
// to its mesh but for the one it has the message from; and every copy arrives somewhere.
// All that a tree's messages cost grows with their sizes alone, so the sizes are added
// up, and each host is charged when the tree changes or the run ends. Only the lines
// carry each of them.

// A toll is what the messages over a tree cost.
type toll struct {
	copies []int // that a seat sends of each, in the order of tree.reached
	sent   int   // of all
	each   int   // copies that a seat hears, but for the author; spread evenly

	flows []float64 // copies from region to region, as in world.between

	count, bytes, acks uint64 // of the messages since the hosts were charged, while the load ran
	allBytes, allAcks  float64
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
	l.setFlows(t, reached)
}

// maxFlowRegions bounds the memory of the counters in trees. With more regions, the
// topic's part of the traffic between them is not counted.
const maxFlowRegions = 32

// setFlows counts the copies between regions. A seat sends none to the one that it has the
// message from.
func (l *toll) setFlows(t *topic, reached []*seat) {
	n := len(t.w.s.Regions)
	if n > maxFlowRegions {
		return
	}
	if l.flows == nil {
		l.flows = make([]float64, n*n)
	}
	clear(l.flows)
	for i, s := range reached {
		to := s.mesh
		if i == 0 && *t.w.s.Mesh.FloodPublish {
			to = s.peers
		}
		each := float64(l.copies[i]) / float64(max(1, len(to)))
		row := l.flows[s.life.host.region*n:]
		for _, o := range to {
			row[o.life.host.region] += each
		}
	}
}

// charge counts a message of so many bytes on the wire.
func (tr *tree) charge(t *topic, size int) {
	l, w := &tr.toll, t.w
	acks := (size + segment - 1) / segment * segmentHeader
	heard := len(tr.reached) - 1
	for i, s := range tr.reached {
		h := s.life.host
		if i == 0 {
			h.take(w, l.copies[0]*size)
			continue
		}
		h.take(w, l.copies[i]*size+l.each*acks)
		h.takeDown(w, l.each*size)
	}
	l.allBytes += float64(size)
	l.allAcks += float64(acks)
	sent := max(l.sent, heard)
	t.received += w.counted(heard)
	t.duplicates += w.counted(sent - heard)
	t.bytes += w.counted(sent * size)
	l.count += w.counted(1)
	l.bytes += w.counted(size)
	l.acks += w.counted(acks)
}

// collect charges the hosts.
func (tr *tree) collect(w *world) {
	l := &tr.toll
	n := len(w.s.Regions)
	for i, copies := range l.flows {
		w.between[i] += copies * l.allBytes
		w.between[i%n*n+i/n] += copies * l.allAcks
	}
	l.allBytes, l.allAcks = 0, 0
	if l.count == 0 {
		return
	}
	for i, s := range tr.reached {
		h, copies, heard := s.life.host, uint64(l.copies[i]), uint64(l.each)
		if i == 0 {
			heard = 0
		}
		h.SentMessages += copies * l.count
		h.ReceivedMessages += heard * l.count
		h.ReceivedBytes += copies*l.acks + heard*l.bytes
	}
	l.count, l.bytes, l.acks = 0, 0, 0
}
