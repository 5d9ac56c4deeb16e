package frame

import (
	"fmt"
	"math/bits"
)

// Size is how many bytes Append would append for f.
func Size(f Frame) int {
	return 4 + 1 + sizeOf(f)
}

// sizeOf is the same without the length and the kind.
func sizeOf(f Frame) int {
	switch f := f.(type) {
	case *Ack:
		return sizeOfAck(*f)
	case *Head:
		return sizeOfHead(*f)
	case *Data:
		return sizeOfData(f)
	case Hello:
		return sizeOfBytes(f.Application) + sizeOfMember(f.Member) + sizeOfAck(f.Ack) + sizeOfHead(f.Head) + 1
	case Part:
		return uvarint(f.Sequence) + uvarint(f.Offset) + uvarint(f.Size) + len(f.Bytes)
	case Members:
		n := uvarint(uint64(len(f)))
		for _, c := range f {
			n += sizeOfBytes(c.Peer) + sizeOfAddrs(c.Addrs)
		}
		return n
	case Resync, Bye:
		return 0
	case Claim:
		return 8 + uvarint(f.After)
	case Estate:
		return 1 + 8 + sizeOfRecords(f.Records)
	}
	panic(fmt.Sprintf("frame: %T is not a frame", f))
}

// TopicSize is how many bytes AppendTopic would append for m.
func TopicSize(m TopicMessage) int {
	switch m := m.(type) {
	case *Announce:
		return 2 + sizeOfMember(m.Member)
	case *Relay:
		n := 1 + 8 + uvarint(uint64(len(m.Dests)))
		for i := range m.Dests {
			d := &m.Dests[i]
			n += 8 + uvarint(d.Next) + 1 + sizeOfHead(d.Head)
		}
		for i := range m.Records {
			n += sizeOfRelayRecord(&m.Records[i])
		}
		return n
	}
	panic(fmt.Sprintf("frame: %T is not a topic message", m))
}

func sizeOfRelayRecord(r *RelayRecord) int {
	n := uvarint(r.Offset) + uvarint(r.Size) + sizeOfBytes(r.Bytes) + uvarint(uint64(len(r.To)))
	for _, a := range r.To {
		n += uvarint(uint64(a.Dest)) + uvarint(a.Sequence)
	}
	return n
}

func sizeOfAck(a Ack) int { return 8 + uvarint(a.Next) + 1 }

func sizeOfHead(h Head) int { return uvarint(h.Base) + uvarint(h.Next) + uvarint(h.Stable) }

func sizeOfData(d *Data) int { return uvarint(d.First) + sizeOfRecords(d.Records) }

func sizeOfRecords(records [][]byte) int {
	n := uvarint(uint64(len(records)))
	for _, r := range records {
		n += sizeOfBytes(r)
	}
	return n
}

func sizeOfMember(m Member) int {
	return 8 + sizeOfBytes(m.Name) + sizeOfBytes(m.Version) + sizeOfAddrs(m.Addrs)
}

func sizeOfAddrs(addrs []string) int {
	n := uvarint(uint64(len(addrs)))
	for _, a := range addrs {
		n += sizeOfBytes(a)
	}
	return n
}

func sizeOfBytes[T ~string | ~[]byte](v T) int { return uvarint(uint64(len(v))) + len(v) }

// uvarint is how many bytes v takes as a varint.
func uvarint(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }
