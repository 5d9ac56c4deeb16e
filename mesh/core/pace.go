package core

import "time"

// What is not urgent waits for company: one frame with an acknowledgement, a heartbeat
// and a message costs little more than any of them alone. And what goes round over the
// topic is read by everybody, so that the more there are, the less often each may say
// something: else the work of each would grow with the square of their number.

const (
	// untoldBytes is how much is published to several before they are told at the next
	// tick what has arrived everywhere. Of less they hear with a heartbeat.
	untoldBytes = 64 << 10
	// roundAckPause is how long what came the long way round waits to be acknowledged,
	// in a mesh of crowd members.
	roundAckPause = 200 * time.Millisecond
	// relayPause is the shortest time between two Relays without anything urgent, for each
	// member: so there are about as many of them a second, however large the mesh is.
	relayPause = time.Millisecond
	// throng is up to how many members nobody need be any quieter on the topic.
	throng = 256
)

// quiet is d, longer in a mesh so large that all say less on the topic. Who has just
// come knows of most others from hearsay only.
func (n *Node) quiet(d time.Duration) time.Duration {
	if size := max(len(n.members), len(n.hints)); size > throng {
		return d * time.Duration(size) / throng
	}
	return d
}

// hurry lets what is on the long road go now, where that is the exception. In a crowd it
// is not, and answers go together.
func (n *Node) hurry() { n.urgent = n.urgent || !n.crowded() }

// ackAfter is how long what came the long way round waits to be acknowledged. What
// came over a link is acknowledged with the heartbeat.
func (n *Node) ackAfter() time.Duration {
	return roundAckPause * time.Duration(max(crowd, len(n.members))) / crowd
}

// probeAfter is how long records on the long road wait for an acknowledgement before
// the member is told again that they exist.
func (n *Node) probeAfter() time.Duration { return max(n.o.AnnounceEvery, 2*n.ackAfter()) }

// suspectAfter is how long m may be silent before it is suspect.
func (n *Node) suspectAfter(m *Member) time.Duration {
	if m.linked {
		return n.o.SuspectAfter
	}
	return n.quiet(n.o.SuspectAfter)
}

// goneAfter is how long m may be silent before it is gone.
func (n *Node) goneAfter(m *Member) time.Duration {
	if m.linked {
		return n.o.GoneAfter
	}
	return n.quiet(n.o.GoneAfter)
}
