package virtual

import "github.com/signalmesh/signalmesh/mesh/core"

// ahead is how many events are looked at together before they happen. Each of them
// concerns another of up to a million pairs of seats, which are in no cache, so that a
// processor would wait for the memory several times in every event. What is read for
// several events at once is waited for at once.
const ahead = 8

// warm reads what the next events are going to need.
func (w *world) warm() {
	var members [ahead]*core.Member
	coming := w.queue.coming(ahead)
	for i := range coming {
		switch a := coming[i].arg.(type) {
		case *said:
			members[i] = a.to.member(a.by)
		case *parcel:
			if a.to == nil {
				continue // the receiving process has ended
			}
			members[i] = a.to.member
			w.warmth += a.conn.pipes[a.side].inflight
		}
	}
	for _, m := range members {
		if m != nil {
			w.warmth += m.Read()
		}
	}
}

// warmLinks is the same for the links that are about to be written to.
func (w *world) warmLinks(of []*core.Member) {
	for _, m := range of {
		if l := m.Tag.(*link); l.open {
			w.warmth += l.conn.pipes[l.side].inflight
		}
	}
}
