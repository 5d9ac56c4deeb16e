package core

import "time"

// rumourKept is how long it is remembered that somebody was heard of.
const rumourKept = time.Minute

// A rumour is a node that was heard on the topic and is no member. What it said may be
// its last words, which others pass on to newcomers, so that at first it is only
// dialled. Who is heard for longer than last words take is alive without a link.
type rumour struct {
	epoch uint64
	since time.Duration // time of the first message
	heard time.Duration // time of the last message
	over  bool          // it said goodbye
}

// rumoured notes what a node that is no member says on the topic, and tells whether
// that is still no proof of life. In a crowd most have no link, and all are believed.
func (n *Node) rumoured(now time.Duration, p Peer, epoch uint64) bool {
	r, known := n.rumours[p]
	known = known && r.epoch == epoch
	switch {
	case known && r.over:
		return true
	case n.crowded():
		return false
	case known:
		r.heard = now
		n.rumours[p] = r
		return now-r.since <= lastWord
	case len(n.rumours) < maxHints:
		n.rumours[p] = rumour{epoch: epoch, since: now, heard: now}
	}
	return true
}

// tickRumours forgets those that came to nothing.
func (n *Node) tickRumours(now time.Duration) {
	for p, r := range n.rumours {
		if now-r.since > rumourKept {
			delete(n.rumours, p)
		}
	}
}
