package frame

import "encoding/binary"

// MaxChannel is the longest channel name, in bytes.
const MaxChannel = 32 << 10

// A RecordKind says what a record is.
type RecordKind byte

// The kinds of record.
const (
	RecordMessage  RecordKind = 1 // channel and data, offered by the application
	RecordInterest RecordKind = 2 // channels the sender came to want, or no longer wants
	RecordSnapshot RecordKind = 3 // a piece of the whole set of channels the sender wants
)

// Kind says what record is; 0 for an empty one.
func Kind(record []byte) RecordKind {
	if len(record) == 0 {
		return 0
	}
	return RecordKind(record[0])
}

// A Message is something that the application offers.
type Message struct {
	// Number counts the messages that one life of a sender offered to more than one
	// server, from 1, so that those can help each other out when the sender dies. 0
	// is a message for one server only.
	Number        uint64
	Channel, Data []byte // in a parsed message they belong to the record
}

// AppendMessage appends the record of a message.
func AppendMessage(dst []byte, number uint64, channel string, data []byte) []byte {
	dst = append(dst, byte(RecordMessage))
	dst = binary.AppendUvarint(dst, number)
	dst = appendBytes(dst, channel)
	return append(dst, data...)
}

// ParseMessage takes a message apart.
func ParseMessage(record []byte) (Message, error) {
	r := reader{b: record}
	if RecordKind(r.byte()) != RecordMessage {
		r.fail("not a message")
	}
	m := Message{Number: r.uvarint(), Channel: r.bytes(MaxChannel)}
	m.Data = r.b
	return m, r.err
}

// An Interest is a change of the channels a node wants: Add or Remove one.
type Interest struct {
	Remove  bool
	Channel string
}

// AppendInterest appends the record of one change.
func AppendInterest(dst []byte, i Interest) []byte {
	dst = append(dst, byte(RecordInterest), flag(i.Remove, 1))
	return append(dst, i.Channel...)
}

// ParseInterest reads the record of one change.
func ParseInterest(record []byte) (Interest, error) {
	r := reader{b: record}
	if RecordKind(r.byte()) != RecordInterest {
		r.fail("not an interest")
	}
	flags := r.byte()
	if len(r.b) > MaxChannel {
		r.fail("channel name too long")
	}
	return Interest{Remove: flags&1 != 0, Channel: string(r.b)}, r.err
}

// A Snapshot is a piece of the set of channels a node wants. The pieces follow
// each other; First begins a set and Last completes it.
type Snapshot struct {
	First, Last bool
	Channels    []string
}

const maxSnapshotChannels = 64 << 10

// AppendSnapshot appends the record of a piece of a set.
func AppendSnapshot(dst []byte, s Snapshot) []byte {
	dst = append(dst, byte(RecordSnapshot), flag(s.First, 1)|flag(s.Last, 2))
	dst = binary.AppendUvarint(dst, uint64(len(s.Channels)))
	for _, c := range s.Channels {
		dst = appendBytes(dst, c)
	}
	return dst
}

// ParseSnapshot reads the record of a piece of a set.
func ParseSnapshot(record []byte) (Snapshot, error) {
	r := reader{b: record}
	if RecordKind(r.byte()) != RecordSnapshot {
		r.fail("not a snapshot")
	}
	flags := r.byte()
	s := Snapshot{First: flags&1 != 0, Last: flags&2 != 0}
	for range r.count(maxSnapshotChannels) {
		s.Channels = append(s.Channels, r.string(MaxChannel))
	}
	return s, r.done()
}

func flag(set bool, bit byte) byte {
	if set {
		return bit
	}
	return 0
}
