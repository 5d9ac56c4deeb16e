package core

import (
	"fmt"
	"time"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// maxAhead is how far above the lowest missing sequence a record may be. A
// sender's window does not hold more; a larger jump is an attack.
const maxAhead = 1 << 32

// take takes a record in order, or holds it back until its turn.
func (n *Node) take(now time.Duration, m *Member, sequence uint64, r []byte) error {
	in := &m.in
	switch {
	case !in.started || sequence > in.next+maxAhead:
		return fmt.Errorf("%w: sequence %d where %d is next", ErrViolation, sequence, in.next)
	case sequence < in.next:
		n.stats.Duplicates++
		m.sendAck = true // it seems not to know that we have it
		n.wake(m)
		return nil
	case sequence > in.next:
		in.hold(sequence, r, n.o.HeldBytes)
		n.miss(now, m)
		return nil
	}
	if err := n.accept(now, m, r); err != nil {
		return err
	}
	return n.drain(now, m)
}

// takePart takes a piece of a large record.
func (n *Node) takePart(now time.Duration, m *Member, sequence, offset, size uint64, piece []byte) error {
	in := &m.in
	if size > uint64(n.o.MaxMessage)+frame.MaxPart || !in.started || sequence > in.next+maxAhead {
		return fmt.Errorf("%w: part of a record of %d bytes, sequence %d", ErrViolation, size, sequence)
	}
	if sequence < in.next {
		return n.take(now, m, sequence, nil)
	}
	if r := in.add(sequence, offset, int(size), piece, n.o.HeldBytes); r != nil {
		return n.take(now, m, sequence, r)
	}
	return nil
}

// drain takes what was held back and has its turn now.
func (n *Node) drain(now time.Duration, m *Member) error {
	in := &m.in
	for {
		r, ok := in.ready()
		if !ok {
			break
		}
		if err := n.accept(now, m, r); err != nil {
			return err
		}
	}
	in.waiting = false
	if len(in.held) > 0 {
		n.miss(now, m)
	}
	return nil
}

// accept takes the record that is next.
func (n *Node) accept(now time.Duration, m *Member, r []byte) error {
	if m.in.next == m.in.acked {
		m.in.owedAt = now
	}
	m.in.next++
	if m.longRoad {
		n.stirAt(m, m.in.owedAt+n.ackAfter())
	}
	m.in.unacked += len(r)
	switch frame.Kind(r) {
	case frame.RecordMessage:
		before := m.in.number
		if err := n.acceptMessage(m, r); err != nil {
			return fmt.Errorf("%w: %w", ErrViolation, err)
		}
		if m.in.number > before {
			m.in.caughtUp()
		}
	case frame.RecordInterest:
		i, err := frame.ParseInterest(r)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrViolation, err)
		}
		m.sendAck = true // somebody waits for it: read your writes
		n.hurry()
		if err := n.applyInterest(m, i); err != nil {
			return err
		}
	case frame.RecordSnapshot:
		s, err := frame.ParseSnapshot(r)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrViolation, err)
		}
		m.sendAck = true
		m.in.caughtUp() // it was asked for when the sender came back
		if err := n.applySnapshot(m, s); err != nil {
			return err
		}
	}
	if m.in.unacked >= ackBytes {
		m.sendAck = true
	}
	if m.sendAck {
		n.wake(m)
	}
	return nil
}

// acceptMessage delivers a message that is wanted here, and keeps one that others
// were offered too. It does nothing with another kind of record.
func (n *Node) acceptMessage(m *Member, r []byte) error {
	if frame.Kind(r) != frame.RecordMessage {
		return nil
	}
	msg, err := frame.ParseMessage(r)
	if err != nil {
		return err
	}
	if msg.Number != 0 {
		if msg.Number <= m.in.number { // it came with the estate of a sender that lives after all
			n.stats.Duplicates++
			m.in.inherited -= min(1, m.in.inherited)
			return nil
		}
		m.in.number = msg.Number
		m.hoard.put(msg.Number, r, n.o.EstateBytes)
	}
	own, ok := n.own[string(msg.Channel)]
	if !ok {
		n.stats.Unwanted++
		return nil
	}
	if msg.Number == 0 && m.in.overtaken() {
		n.lose(m, 1)
		return nil
	}
	m.in.delivered++
	n.stats.Delivered++
	n.deliver(m, Delivery{Channel: own, Data: msg.Data})
	return nil
}

// miss notes that the next record is missing although later ones exist.
func (n *Node) miss(now time.Duration, m *Member) {
	n.stir(m)
	if !m.in.waiting {
		m.in.waiting = true
		m.in.since = now
		m.in.wantAt = now + TickEvery // it may only be on the other road
	}
}

// takeHead compares what the peer says it offered with what came.
func (n *Node) takeHead(now time.Duration, m *Member, h frame.Head) {
	in := &m.in
	if !in.started {
		in.started = true
		in.next, in.acked = h.Base, h.Base
	}
	in.head = max(in.head, h.Next)
	if h.Stable > in.stable {
		in.stable = h.Stable
		m.hoard.release(h.Stable)
	}
	if h.Base > in.next {
		n.pass(now, m, h.Base)
	}
	if in.head > in.next {
		n.miss(now, m)
	}
}

// pass gives up what is missing below sequence: a gap is reported, in its place
// among what was held back.
func (n *Node) pass(now time.Duration, m *Member, sequence uint64) {
	for _, s := range append(m.in.early(sequence), sequence) {
		if left := m.in.skipTo(s); left > 0 {
			n.reportLost(m, left)
			n.unsync(m) // what was lost may have been interest
		}
		_ = n.drain(now, m) // a malformed record held back ends here, as lost as the rest
	}
	m.sendAck = true
	n.wake(m)
}

// reportLost says that records of m will never come, but for those that came with
// its estate when it was taken for dead.
func (n *Node) reportLost(m *Member, left uint64) {
	inherited := min(left, m.in.inherited)
	m.in.inherited -= inherited
	if left -= inherited; left > 0 {
		n.lose(m, left)
	}
}

// lose reports that records of m will never be delivered.
func (n *Node) lose(m *Member, records uint64) {
	m.in.lost += records
	n.stats.Lost += records
	n.deliver(m, Delivery{Lost: records})
}

// takeAck frees what the peer has, and sends again what it misses.
func (n *Node) takeAck(m *Member, a frame.Ack) error {
	if a.Epoch != n.o.Member.Epoch {
		return nil // it knows nothing of this life of ours
	}
	if a.Next > m.out.next {
		return fmt.Errorf("%w: acknowledges %d of %d", ErrViolation, a.Next, m.out.next)
	}
	if m.out.advance(a.Next) > 0 && m.longRoad && m.busy() { // it may have had relayAhead on its way
		n.wake(m)
	}
	n.confirm(m, a.Next)
	if m.out.bytes < n.o.Backlog {
		n.room()
	}
	if a.Want && m.out.sent > m.out.base {
		n.stats.Resent += m.out.sent - m.out.base
		m.out.rewind(m.out.base)
		n.wake(m)
	}
	return nil
}
