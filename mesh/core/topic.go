package core

import (
	"fmt"
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

const (
	// lastWord is how long after its end a node may still be heard on the topic: what
	// it said there last is passed on by others, for as many of GossipSub's heartbeats
	// as it tells of messages (mesh/gossip.go), and one.
	lastWord = 4 * time.Second
	// announceSoon is the shortest time between two Announces, in a small mesh.
	announceSoon = 500 * time.Millisecond
	// crowd is how many members make a mesh large: every node verifies what each of
	// them says on the topic, so that in a larger one all say less.
	crowd = 16
)

// NextTopic returns the next message for the topic, or nil.
func (n *Node) NextTopic(now time.Duration) frame.TopicMessage {
	if n.leaving && !n.farewell {
		n.farewell = true
		return &frame.Announce{Member: n.o.Member, Leaving: true}
	}
	if now >= n.announceAt && !n.leaving {
		every := n.announceEvery()
		n.announcedAt = now
		n.announceAt = now + every*9/10 + n.jitter(every/5)
		return &frame.Announce{Member: n.o.Member}
	}
	if r := n.nextRelay(now); r != nil {
		return r
	}
	return nil
}

// announceEvery is the pause between Announces. They are the heartbeat of members
// without a link to us; where there is none, they only help newcomers.
func (n *Node) announceEvery() time.Duration {
	if len(n.members) >= 2*crowd || n.linked() == len(n.members) && len(n.hints) == 0 {
		return n.quiet(2 * n.o.AnnounceEvery) // less than SuspectAfter: somebody may see us without a link
	}
	return n.o.AnnounceEvery
}

// AnnounceSoon says that somebody new listens on the topic. One Announce serves all
// who came within announceSoon: every node verifies each of them, so when many
// start at once, one for each newcomer would keep all of them busy.
func (n *Node) AnnounceSoon(now time.Duration) {
	pause := announceSoon * time.Duration(max(crowd, len(n.members))) / crowd
	n.announceAt = min(n.announceAt, max(now, n.announcedAt+pause))
	if now >= n.announceAt {
		n.shell.WakeTopic()
	}
}

// Moved says where this node is reached from now on, and whether that is news.
func (n *Node) Moved(now time.Duration, addrs []string) bool {
	if len(addrs) == 0 || slices.Equal(addrs, n.o.Member.Addrs) {
		return false // without a network there is nothing better to tell
	}
	n.o.Member.Addrs = addrs
	n.AnnounceSoon(now)
	return true
}

// Topic takes a message of the topic that author signed and numbered: it counts
// what it says there. An error means that the author broke the protocol.
func (n *Node) Topic(now time.Duration, author Peer, number uint64, msg frame.TopicMessage) error {
	if author == n.o.Self {
		return nil
	}
	return n.topic(now, author, n.members[author], number, msg)
}

// TopicOf is Topic for a member that the shell has at hand.
func (n *Node) TopicOf(now time.Duration, m *Member, number uint64, msg frame.TopicMessage) error {
	if m.over {
		return n.Topic(now, m.peer, number, msg)
	}
	return n.topic(now, m.peer, m, number, msg)
}

// topic takes a message of the topic of an author, who may be the member m.
func (n *Node) topic(now time.Duration, author Peer, m *Member, number uint64, msg frame.TopicMessage) error {
	if n.joining != nil {
		defer n.tryJoin(now)
	}
	switch msg := msg.(type) {
	case *frame.Announce:
		if n.replayed(m, msg.Member.Epoch, number) {
			n.stats.Replays++ // it proves nothing: anybody can say it again
			return nil
		}
		return n.takeAnnounce(now, m, author, number, msg)
	case *frame.Relay:
		if m == nil || m.record.Epoch != msg.Epoch {
			return nil // its Announce has not come yet; it will send again
		}
		return n.takeRelay(now, m, number, msg)
	}
	return nil
}

// replayed tells whether the author, who may be the member m, has said something later
// in the same life.
func (n *Node) replayed(m *Member, epoch, number uint64) bool {
	if m != nil && m.record.Epoch == epoch {
		return number <= m.announced
	}
	g := n.graves.lives[epoch]
	return g.over || number <= g.announced
}

func (n *Node) takeAnnounce(now time.Duration, m *Member, author Peer, number uint64, a *frame.Announce) error {
	if m != nil && m.record.Epoch != a.Member.Epoch {
		if m.linked {
			return nil // an old one that was long on its way: the link knows better
		}
		n.bury(now, m)
		m = nil
	}
	if a.Leaving {
		switch {
		case m == nil && len(n.rumours) < maxHints:
			n.rumours[author] = rumour{epoch: a.Member.Epoch, since: now, over: true}
		case m != nil && !m.linked: // over the link its goodbye comes in order
			m.announced, m.departed = number, true
			n.noteLeft(m.peer)
			n.bury(now, m)
		}
		return nil
	}
	if m == nil {
		if n.epochs[a.Member.Epoch] != nil || a.Member.Epoch == n.o.Member.Epoch || a.Member.Epoch == 0 {
			return fmt.Errorf("%w: epoch of another node", ErrViolation)
		}
		if len(n.members) >= n.o.MaxMembers {
			return fmt.Errorf("%w: %d", ErrFull, len(n.members))
		}
		if n.rumoured(now, author, a.Member.Epoch) {
			n.hint(now, author, a.Member.Addrs)
			return nil
		}
		m = n.join(now, author, &a.Member)
	}
	m.record, m.announced, m.dead = &a.Member, number, false
	if m.lastWords(now) {
		return nil
	}
	if m.linked && now-m.heard >= n.o.SuspectAfter {
		n.shell.Hang(m.peer) // sooner than the transport notices: then its records go round
	}
	if !m.linked {
		if !m.onTopic {
			m.onTopic = true
			n.stir(m)
		}
		m.proven = m.proven || now-m.unlinked > lastWord
		n.hear(now, m)
	}
	return nil
}

// lastWords tells whether what m says on the topic may have been on its way by others
// since before it died.
func (m *Member) lastWords(now time.Duration) bool { return m.tomb && now-m.unlinked <= lastWord }

func (n *Node) takeRelay(now time.Duration, m *Member, number uint64, r *frame.Relay) error {
	me, ok := r.Dest(n.o.Member.Epoch)
	if !ok {
		return nil
	}
	if number > m.announced { // an old one may fill a hole, but is no sign of life
		m.announced = number
		if !m.lastWords(now) {
			n.hear(now, m)
		}
	}
	if err := n.takeAck(m, r.Dests[me].Ack()); err != nil {
		return err
	}
	if !m.in.started {
		n.takeHead(now, m, frame.Head{Base: r.Dests[me].Head.Base})
	}
	for i := range r.Records {
		rec := &r.Records[i]
		sequence, mine := rec.For(me)
		if !mine {
			continue
		}
		if err := n.takeRelayed(now, m, sequence, rec); err != nil {
			return err
		}
	}
	head := r.Dests[me].Head
	n.takeHead(now, m, head)
	if head.Base < m.in.next && m.in.acked == m.in.next { // the acknowledgement was lost
		m.sendAck = true
		n.wake(m)
	}
	return nil
}

func (n *Node) takeRelayed(now time.Duration, m *Member, sequence uint64, r *frame.RelayRecord) error {
	if uint64(len(r.Bytes)) == r.Size {
		return n.take(now, m, sequence, r.Bytes)
	}
	return n.takePart(now, m, sequence, r.Offset, r.Size, r.Bytes)
}
