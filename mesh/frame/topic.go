package frame

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
)

// MaxTopic bounds a message on the topic, in bytes.
const MaxTopic = 1 << 20

const (
	kindAnnounce kind = 16
	kindRelay    kind = 17
)

// A TopicMessage is what the topic carries: *Announce or *Relay. Package mesh
// signs it, so that its author is proven.
type TopicMessage interface{ topicMessage() }

// An Announce is a node's own record, told at regular intervals.
type Announce struct {
	Member  Member
	Leaving bool
}

// A Relay carries the long way round what could not go over a direct stream.
type Relay struct {
	Epoch   uint64 // of the author
	Dests   []Dest // in the order of their epochs
	Records []RelayRecord
}

// A Dest is one node that a Relay is for.
type Dest struct {
	Epoch uint64 // names the node: epochs are random
	Next  uint64 // as in Ack: what it sent is here below Next
	Want  bool   // as in Ack
	Head  Head
}

// Ack is what the Relay acknowledges to d.
func (d Dest) Ack() Ack { return Ack{Epoch: d.Epoch, Next: d.Next, Want: d.Want} }

// A RelayRecord is a record, or a piece of one, and whom it is for. Offset and
// Size are those of Part; a whole record has Offset 0 and Size len(Bytes).
type RelayRecord struct {
	Offset, Size uint64
	Bytes        []byte
	To           []Address // in the order of Dest
}

// An Address is a destination of a record and the number it has there.
type Address struct {
	Dest     int // index in Relay.Dests
	Sequence uint64
}

// Dest returns the index of the destination with an epoch.
func (r *Relay) Dest(epoch uint64) (index int, ok bool) {
	return slices.BinarySearchFunc(r.Dests, epoch, func(d Dest, epoch uint64) int { return cmp.Compare(d.Epoch, epoch) })
}

// For returns the number that the record has at the destination with an index.
func (r *RelayRecord) For(dest int) (sequence uint64, ok bool) {
	if dest < len(r.To) && r.To[dest].Dest == dest { // it is for all, as most are
		return r.To[dest].Sequence, true
	}
	i, ok := slices.BinarySearchFunc(r.To, dest, func(a Address, dest int) int { return cmp.Compare(a.Dest, dest) })
	if !ok {
		return 0, false
	}
	return r.To[i].Sequence, true
}

func (*Announce) topicMessage() {}
func (*Relay) topicMessage()    {}

// AppendTopic appends m to dst.
func AppendTopic(dst []byte, m TopicMessage) []byte {
	switch m := m.(type) {
	case *Announce:
		dst = append(dst, byte(kindAnnounce), flag(m.Leaving, 1))
		return appendMember(dst, m.Member)
	case *Relay:
		dst = append(dst, byte(kindRelay))
		dst = binary.BigEndian.AppendUint64(dst, m.Epoch)
		dst = binary.AppendUvarint(dst, uint64(len(m.Dests)))
		for _, d := range m.Dests {
			dst = binary.BigEndian.AppendUint64(dst, d.Epoch)
			dst = binary.AppendUvarint(dst, d.Next)
			dst = append(dst, flag(d.Want, 1))
			dst = appendHead(dst, d.Head)
		}
		for _, r := range m.Records {
			dst = appendRelayRecord(dst, r)
		}
		return dst
	}
	panic(fmt.Sprintf("frame: %T is not a topic message", m))
}

func appendRelayRecord(dst []byte, r RelayRecord) []byte {
	dst = binary.AppendUvarint(dst, r.Offset)
	dst = binary.AppendUvarint(dst, r.Size)
	dst = appendBytes(dst, r.Bytes)
	dst = binary.AppendUvarint(dst, uint64(len(r.To)))
	for _, a := range r.To {
		dst = binary.AppendUvarint(dst, uint64(a.Dest))
		dst = binary.AppendUvarint(dst, a.Sequence)
	}
	return dst
}

// ParseTopic reads a message of the topic. The result refers to body. One of a
// kind unknown here is nil without error, to be ignored.
func ParseTopic(body []byte) (TopicMessage, error) {
	r := reader{b: body}
	switch kind(r.byte()) {
	case kindAnnounce:
		a := &Announce{Leaving: r.byte()&1 != 0, Member: r.member()}
		return a, r.err
	case kindRelay:
		m := &Relay{Epoch: r.uint64()}
		for range r.count(maxMembers) {
			d := Dest{Epoch: r.uint64(), Next: r.uvarint(), Want: r.byte()&1 != 0, Head: r.head()}
			if last := len(m.Dests) - 1; last >= 0 && d.Epoch <= m.Dests[last].Epoch {
				r.fail("destinations out of order")
				break
			}
			m.Dests = append(m.Dests, d)
		}
		for len(r.b) > 0 && len(m.Records) < maxRecords {
			m.Records = append(m.Records, r.relayRecord(len(m.Dests)))
		}
		return m, r.done()
	}
	return nil, r.err
}

func (r *reader) relayRecord(dests int) RelayRecord {
	rec := RelayRecord{Offset: r.uvarint(), Size: r.uvarint(), Bytes: r.bytes(MaxTopic)}
	if len(rec.Bytes) == 0 || rec.Offset > rec.Size || uint64(len(rec.Bytes)) > rec.Size-rec.Offset {
		r.fail("record outside its bounds")
	}
	for range r.count(maxMembers) {
		dest, seq := r.uvarint(), r.uvarint()
		last := len(rec.To) - 1
		if dest >= uint64(dests) || last >= 0 && int(dest) <= rec.To[last].Dest {
			r.fail("address outside the destinations, or out of order")
			break
		}
		rec.To = append(rec.To, Address{Dest: int(dest), Sequence: seq})
	}
	return rec
}
