package stack

import "strings"

// copies are what GossipSub sent, and received again.
type copies struct{ sent, duplicates uint64 }

// copies adds up those of all lives so far. The caller holds mu.
func (w *world) copies() (sum copies) {
	for _, l := range w.all {
		c := l.said // that of a life that has ended, which counts nothing any more
		if w.lives[l.node] == l {
			c = l.copies()
		}
		sum.sent += c.sent
		sum.duplicates += c.duplicates
	}
	return sum
}

// copies are those of one life.
func (l *life) copies() (c copies) {
	families, err := l.metrics.Gather()
	if err != nil {
		return c
	}
	for _, f := range families {
		// All applications share these counters, and each tells them.
		v := uint64(f.GetMetric()[0].GetCounter().GetValue())
		switch strings.TrimPrefix(f.GetName(), "signalmesh_mesh_gossip_") {
		case "sent_total":
			c.sent = v
		case "duplicates_total":
			c.duplicates = v
		}
	}
	return c
}
