package core

import (
	"fmt"
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

const (
	// batchBytes is how much one Next yields at the most, give or take a frame.
	batchBytes = 256 << 10
	// ackBytes is how much is taken before an acknowledgement is due at once; a
	// smaller amount is acknowledged with the next heartbeat.
	ackBytes = 64 << 10
)

// Hello returns what our stream to p has to begin with.
func (n *Node) Hello(p Peer) frame.Hello {
	h := frame.Hello{Application: n.o.Application, Member: n.o.Member, Head: frame.Head{Base: 1, Next: 1}, Lists: true}
	if m := n.members[p]; m != nil {
		h.Ack, h.Head = m.ack(), frame.Head{Base: m.out.base, Next: m.out.base, Stable: n.stable}
	}
	return h
}

func (m *Member) ack() frame.Ack {
	return frame.Ack{Epoch: m.record.Epoch, Next: m.in.next}
}

// head is what was sent on the present road. What waits to be sent is not in it,
// so that the peer does not miss what is on its way.
func (n *Node) head(m *Member) frame.Head {
	return frame.Head{Base: m.out.base, Next: m.out.sent, Stable: n.stable}
}

// LinkUp says that our stream to p is open and has carried our Hello.
func (n *Node) LinkUp(now time.Duration, p Peer) {
	n.links[p] = true
	if m := n.members[p]; m != nil {
		n.relink(now, m)
	}
}

// LinkDown says that our stream to p has ended.
func (n *Node) LinkDown(now time.Duration, p Peer) {
	delete(n.links, p)
	if m := n.members[p]; m != nil {
		n.relink(now, m)
	}
}

// WelcomeOver says that the stream p opened has ended.
func (n *Node) WelcomeOver(now time.Duration, p Peer) {
	if m := n.members[p]; m != nil {
		m.welcome = false
		n.relink(now, m)
		if m.dead {
			n.entomb(now, m)
		}
	}
}

// Welcome takes the Hello that p opened its stream with. An error means that the
// stream must be refused.
func (n *Node) Welcome(now time.Duration, p Peer, h frame.Hello) error {
	if h.Application != n.o.Application {
		return fmt.Errorf("%w: application %.64q", ErrViolation, h.Application)
	}
	m := n.members[p]
	if m != nil && m.record.Epoch != h.Member.Epoch {
		n.bury(now, m)
		m = nil
	}
	if m == nil {
		if n.epochs[h.Member.Epoch] != nil || h.Member.Epoch == n.o.Member.Epoch || h.Member.Epoch == 0 {
			return fmt.Errorf("%w: epoch of another node", ErrViolation)
		}
		if len(n.members) >= n.o.MaxMembers {
			return fmt.Errorf("%w: %d", ErrFull, len(n.members))
		}
		m = n.join(now, p, &h.Member)
		n.introduce(m)
	}
	m.record = &h.Member
	m.welcome, m.dead, m.lists = true, false, h.Lists
	m.sendNews, m.sendAll = true, true
	n.hear(now, m)
	if err := n.takeAck(m, h.Ack); err != nil {
		return err
	}
	if h.Ack.Epoch == n.o.Member.Epoch {
		m.out.rewind(h.Ack.Next)
	} else {
		m.out.rewind(m.out.base)
	}
	n.takeHead(now, m, h.Head)
	n.relink(now, m)
	n.wake(m)
	n.tryJoin(now)
	return nil
}

// relink follows our stream and the peer's own: there is a link while both are
// open.
func (n *Node) relink(now time.Duration, m *Member) {
	linked := m.welcome && n.links[m.peer]
	switch {
	case linked && !m.linked:
		m.linked, m.wasLinked, m.awake, m.longRoad = true, true, false, false
		n.linkCount++
		m.dialing = dialing{}
		n.stir(m)
		n.wake(m)
	case !linked && m.linked:
		m.linked, m.awake, m.onTopic, m.proven = false, false, false, false
		n.linkCount--
		n.stir(m)
		m.unlinked = now
		m.claims, m.bequests = nil, nil
		m.resync, m.asked = m.resync || m.asked, false // the question may be lost
		n.renounceAll(m.peer)
		n.doubt(m)
		n.replan(now, m)
	}
}

// Frame takes one frame that p sent after its Hello. An error means that p broke
// the protocol and should be cut off. The Node keeps the bytes of its records, and not
// the list of them.
func (n *Node) Frame(now time.Duration, p Peer, f frame.Frame) error {
	m := n.members[p]
	if m == nil {
		return nil // it has just been removed; its stream is about to end
	}
	return n.FrameOf(now, m, f)
}

// FrameOf is Frame for a member that the shell has at hand.
func (n *Node) FrameOf(now time.Duration, m *Member, f frame.Frame) error {
	if m.over {
		return nil
	}
	if n.joining != nil {
		defer n.tryJoin(now)
	}
	n.hear(now, m)
	switch f := f.(type) {
	case *frame.Data:
		m.inbox = slices.Grow(m.roomyInbox(), len(f.Records))
		for i, r := range f.Records {
			if err := n.take(now, m, f.First+uint64(i), r); err != nil {
				return err
			}
		}
		return nil
	case frame.Part:
		return n.takePart(now, m, f.Sequence, f.Offset, f.Size, f.Bytes)
	case *frame.Ack:
		return n.takeAck(m, *f)
	case *frame.Head:
		n.takeHead(now, m, *f)
	case frame.Members:
		n.takeContacts(now, m, f)
	case frame.Resync:
		n.offerSnapshot(now, m)
	case frame.Bye:
		n.noteLeft(m.peer)
		m.departed = true
		n.remove(now, m, true)
	case frame.Claim:
		n.takeClaim(m, f)
	case frame.Estate:
		return n.takeEstate(m, f)
	case frame.Hello:
		return fmt.Errorf("%w: a second hello", ErrViolation)
	}
	return nil
}

// Next appends to dst the frames that are to be written to the link with p. It
// returns dst unchanged when there is nothing, and then Wake tells when to ask
// again.
func (n *Node) Next(now time.Duration, p Peer, dst []byte) []byte {
	m := n.members[p]
	if m == nil {
		return dst
	}
	w := &n.batch.wire
	*w = dst
	n.Fetch(now, m, w)
	dst, *w = *w, nil
	return dst
}

// Fetch is Next for a member that the shell has at hand, and for frames instead of
// their bytes. It tells whether there was one.
func (n *Node) Fetch(now time.Duration, m *Member, to Sink) bool {
	if m.over || !m.linked {
		return false
	}
	b := &n.batch
	b.to, b.bytes = to, 0
	n.nextControl(now, m, b)
	for m.out.sent < m.out.next && b.room() > 0 {
		n.nextData(m, b)
	}
	for m.sendNews && len(m.bequests) > 0 && b.room() > 0 {
		m.nextEstate(b)
	}
	m.sendNews = m.sendNews && len(m.bequests) > 0
	if n.leaving && m.out.sent == m.out.next && !m.saidBye {
		m.saidBye = true
		b.put(frame.Bye{})
	}
	b.to = nil
	if b.bytes == 0 {
		m.awake = false
	}
	return b.bytes > 0
}

// nextControl puts every frame that is not data. A list of members comes before an
// acknowledgement, so that a server which has the acknowledgement of its first snapshot
// also has the list.
func (n *Node) nextControl(now time.Duration, m *Member, b *batch) {
	if m.sendNews {
		n.nextNews(m, b)
	}
	if m.sendAck || m.sendWant || m.sendHead && m.in.next > m.in.acked {
		b.ack = m.ack()
		b.ack.Want = m.sendWant
		b.put(&b.ack)
		m.sendAck, m.sendWant = false, false
		m.in.acked, m.in.unacked = m.in.next, 0
	}
	if m.sendHead {
		b.head = n.head(m)
		b.put(&b.head)
		m.sendHead, m.headAt = false, now
	}
}

// nextNews puts what is rarely there.
func (n *Node) nextNews(m *Member, b *batch) {
	for _, c := range m.claims {
		b.put(c)
	}
	m.claims = nil
	if c := n.contacts(m); len(c) > 0 {
		b.put(c)
	}
	if m.resync {
		b.put(frame.Resync{})
		m.resync, m.asked = false, true
	}
}

// nextData puts one frame of records that were not sent yet.
func (n *Node) nextData(m *Member, b *batch) {
	if r := m.out.at(m.out.sent); len(r.bytes) > frame.MaxPart {
		nextPart(m, r, b)
		return
	}
	first, bytes := m.out.sent, 0
	records, limit := b.records[:0], b.room()
	for m.out.sent < m.out.next && bytes < limit && len(records) < 16<<10 {
		r := m.out.at(m.out.sent)
		if len(r.bytes) > frame.MaxPart {
			break
		}
		records = append(records, r.bytes)
		bytes += len(r.bytes) + 3
		m.out.sent++
	}
	b.data = frame.Data{First: first, Records: records}
	b.put(&b.data)
	clear(records)
	b.records, b.data.Records = records, nil
}

func nextPart(m *Member, r *record, b *batch) {
	start := int(m.out.offset)
	end := min(start+frame.MaxPart, len(r.bytes))
	b.put(frame.Part{
		Sequence: m.out.sent,
		Offset:   uint64(start),
		Size:     uint64(len(r.bytes)),
		Bytes:    r.bytes[start:end],
	})
	m.out.offset = int32(end)
	if end == len(r.bytes) {
		m.out.rewind(m.out.sent + 1)
	}
}
