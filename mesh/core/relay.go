package core

import (
	"cmp"
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

const (
	// relayBytes is how much one Relay carries, give or take a record; of that a
	// destination and an address of a record take the others at the most.
	relayBytes   = 512 << 10
	destBytes    = 64
	addressBytes = 12
	// relayAhead is how many records may be on the long road to one member.
	relayAhead = 4096
)

// busy tells whether there is something for m on the long road.
func (m *Member) busy() bool {
	return m.sendAck || m.sendWant || m.sendHead ||
		m.out.sent < m.out.next && m.out.sent-m.out.base < relayAhead
}

// nextRelay gathers what is for members on the long road. A record for several
// of them travels once.
func (n *Node) nextRelay(now time.Duration) *frame.Relay {
	if !n.travel || !n.urgent && now < n.relayAt {
		return nil
	}
	n.travel, n.urgent = false, false
	b := relayBuilder{relay: &frame.Relay{Epoch: n.o.Member.Epoch}, index: map[*byte]int{}}
	for _, m := range n.travellers() {
		if b.bytes < relayBytes {
			b.add(m, n.head(m))
			m.headAt = now
			if m.out.base < m.out.next {
				n.stirAt(m, now+n.probeAfter())
			}
		}
	}
	if len(b.relay.Dests) == 0 {
		return nil
	}
	if b.bytes >= relayBytes { // there is more
		n.travel, n.urgent = true, true
	}
	n.relayAt = now + max(TickEvery, time.Duration(len(n.members))*relayPause)
	n.stats.Relayed += uint64(len(b.relay.Records))
	return b.relay
}

// travellers are the members for whom there is something on the long road, in the order
// of their epochs: so each finds itself soon among many.
func (n *Node) travellers() []*Member {
	var list []*Member
	for _, m := range n.all {
		if m.longRoad && m.busy() {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b *Member) int { return cmp.Compare(a.record.Epoch, b.record.Epoch) })
	return list
}

type relayBuilder struct {
	relay *frame.Relay
	index map[*byte]int // in relay.Records, of whole records, by their bytes
	bytes int
}

// add makes m a destination of the relay.
func (b *relayBuilder) add(m *Member, head frame.Head) {
	dest := len(b.relay.Dests)
	b.bytes += destBytes
	for m.out.sent < m.out.next && m.out.sent-m.out.base < relayAhead && b.bytes < relayBytes {
		b.addRecord(m, dest)
	}
	head.Next = m.out.sent
	b.relay.Dests = append(b.relay.Dests, frame.Dest{Epoch: m.record.Epoch, Next: m.in.next, Want: m.sendWant, Head: head})
	m.sendAck, m.sendWant, m.sendHead = false, false, false
	m.in.acked, m.in.unacked = m.in.next, 0
}

func (b *relayBuilder) addRecord(m *Member, dest int) {
	r, sequence := m.out.at(m.out.sent), m.out.sent
	to := frame.Address{Dest: dest, Sequence: sequence}
	if i, ok := b.index[&r.bytes[0]]; ok && m.out.offset == 0 {
		b.relay.Records[i].To = append(b.relay.Records[i].To, to)
		b.bytes += addressBytes
		m.out.sent++
		return
	}
	start := int(m.out.offset)
	end := min(start+frame.MaxPart, len(r.bytes))
	if end-start == len(r.bytes) {
		b.index[&r.bytes[0]] = len(b.relay.Records)
	}
	b.relay.Records = append(b.relay.Records, frame.RelayRecord{
		Offset: uint64(start), Size: uint64(len(r.bytes)), Bytes: r.bytes[start:end], To: []frame.Address{to},
	})
	b.bytes += end - start + addressBytes
	if m.out.offset = int32(end); end == len(r.bytes) {
		m.out.rewind(sequence + 1)
	}
}
