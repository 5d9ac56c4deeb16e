package frame

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// MaxFrame bounds a frame on a direct stream, in bytes without its length.
const MaxFrame = 1 << 20

// MaxPart is the largest record that travels whole. A larger one travels as
// Parts of at most this size, under one sequence number.
const MaxPart = 256 << 10

// helloLists is the flag of Hello.Lists on the wire.
const helloLists = 1

const (
	maxName    = 255
	maxAddrs   = 16
	maxAddr    = 512
	maxMembers = 4096
	maxRecords = 64 << 10
	maxEstate  = 4096
)

type kind byte

const (
	kindHello   kind = 1
	kindData    kind = 2
	kindPart    kind = 3
	kindAck     kind = 4
	kindHead    kind = 5
	kindMembers kind = 6
	kindResync  kind = 7
	kindBye     kind = 8
	kindClaim   kind = 9
	kindEstate  kind = 10
)

// A Frame is what a direct stream carries: Hello, *Data, Part, *Ack, *Head,
// Members, Resync, Bye, Claim or Estate. Those of every message and heartbeat are
// pointers, so that who sends many uses one again and again.
type Frame interface{ frame() }

// A Member is what a node tells of itself.
type Member struct {
	Epoch   uint64   // one life of this node: random, new at every start
	Name    string   // for people
	Version string   // of the program
	Addrs   []string // multiaddrs it can be dialled at, without peer ID
}

// A Hello opens a direct stream. Unknown bytes at its end are ignored, so that
// later versions can say more.
type Hello struct {
	Application string
	Member      Member
	Ack         Ack  // what the sender has of the receiver's records
	Head        Head // what the sender has for the receiver
	Lists       bool // the sender names itself in a list of members that is complete
}

// Data carries the records First, First+1, …
type Data struct {
	First   uint64
	Records [][]byte
}

// A Part carries a piece of a record that is too large for one frame.
type Part struct {
	Sequence uint64
	Offset   uint64 // of Bytes in the record
	Size     uint64 // of the whole record
	Bytes    []byte
}

// An Ack says that every record below Next of the receiver's life Epoch has been
// taken. Epoch 0 means that the sender knows nothing of the receiver. Want asks
// for Next and what follows it again.
type Ack struct {
	Epoch uint64
	Next  uint64
	Want  bool
}

// A Head says what the sender keeps for the receiver: the records from Base
// up to, but without, Next. What is below Base and has not arrived is lost. Every
// message numbered below Stable has arrived wherever it was to.
type Head struct{ Base, Next, Stable uint64 }

// Members lists other members of the application with their addresses. A list that also
// names its sender is complete: the sender has dialled all the addresses that it was
// given, and knew no other member.
type Members []Contact

// A Contact is where a peer may be reached.
type Contact struct {
	Peer  string // peer ID, as bytes
	Addrs []string
}

// Resync asks for a snapshot of the receiver's interest.
type Resync struct{}

// Bye says that the sender leaves and has nothing more to say.
type Bye struct{}

// A Claim asks for what the receiver still holds of a node that died: messages of
// its life Epoch with a higher number than After, for channels the sender wants.
type Claim struct{ Epoch, After uint64 }

// An Estate answers a Claim, in pieces: records of messages, by their number. Last
// says that there is no more.
type Estate struct {
	Epoch   uint64
	Last    bool
	Records [][]byte
}

func (Hello) frame()   {}
func (*Data) frame()   {}
func (Part) frame()    {}
func (*Ack) frame()    {}
func (*Head) frame()   {}
func (Members) frame() {}
func (Resync) frame()  {}
func (Bye) frame()     {}
func (Claim) frame()   {}
func (Estate) frame()  {}

// Append appends f, with its length in front, to dst.
func Append(dst []byte, f Frame) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	switch f := f.(type) {
	case Hello:
		dst = append(dst, byte(kindHello))
		dst = appendBytes(dst, f.Application)
		dst = appendMember(dst, f.Member)
		dst = appendAck(dst, f.Ack)
		dst = append(appendHead(dst, f.Head), flag(f.Lists, helloLists))
	case *Data:
		dst = append(dst, byte(kindData))
		dst = binary.AppendUvarint(dst, f.First)
		dst = binary.AppendUvarint(dst, uint64(len(f.Records)))
		for _, r := range f.Records {
			dst = appendBytes(dst, r)
		}
	case Part:
		dst = append(dst, byte(kindPart))
		dst = binary.AppendUvarint(dst, f.Sequence)
		dst = binary.AppendUvarint(dst, f.Offset)
		dst = binary.AppendUvarint(dst, f.Size)
		dst = append(dst, f.Bytes...)
	case *Ack:
		dst = appendAck(append(dst, byte(kindAck)), *f)
	case *Head:
		dst = appendHead(append(dst, byte(kindHead)), *f)
	case Members:
		dst = append(dst, byte(kindMembers))
		dst = binary.AppendUvarint(dst, uint64(len(f)))
		for _, c := range f {
			dst = appendBytes(dst, c.Peer)
			dst = appendAddrs(dst, c.Addrs)
		}
	case Resync:
		dst = append(dst, byte(kindResync))
	case Bye:
		dst = append(dst, byte(kindBye))
	case Claim:
		dst = binary.BigEndian.AppendUint64(append(dst, byte(kindClaim)), f.Epoch)
		dst = binary.AppendUvarint(dst, f.After)
	case Estate:
		dst = binary.BigEndian.AppendUint64(append(dst, byte(kindEstate), flag(f.Last, 1)), f.Epoch)
		dst = binary.AppendUvarint(dst, uint64(len(f.Records)))
		for _, r := range f.Records {
			dst = appendBytes(dst, r)
		}
	default:
		panic(fmt.Sprintf("frame: %T is not a frame", f))
	}
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

// Parse reads the body of one frame, without its length. The result refers to
// body. A frame of a kind unknown here is nil without error, to be ignored.
func Parse(body []byte) (Frame, error) { return ParseInto(nil, body) }

// ParseInto is Parse, and puts the records of a Data into room if they fit, so that who
// reads many frames, one after the other, does not make a list for each.
func ParseInto(room [][]byte, body []byte) (Frame, error) {
	r := reader{b: body}
	switch kind(r.byte()) {
	case kindHello:
		h := Hello{Application: r.string(maxName), Member: r.member(), Ack: r.ack(), Head: r.head()}
		h.Lists = len(r.b) > 0 && r.byte()&helloLists != 0 // the first release sent none
		return h, r.err
	case kindData:
		return r.data(room)
	case kindPart:
		p := Part{Sequence: r.uvarint(), Offset: r.uvarint(), Size: r.uvarint()}
		p.Bytes = r.b
		if len(p.Bytes) == 0 || p.Offset > p.Size || uint64(len(p.Bytes)) > p.Size-p.Offset {
			r.fail("part outside its record")
		}
		return p, r.err
	case kindAck:
		a := r.ack()
		return &a, r.done()
	case kindHead:
		h := r.head()
		return &h, r.done()
	case kindMembers:
		var m Members
		for range r.count(maxMembers) {
			m = append(m, Contact{Peer: r.string(maxName), Addrs: r.addrs()})
		}
		return m, r.done()
	case kindResync:
		return Resync{}, r.done()
	case kindBye:
		return Bye{}, r.done()
	case kindClaim:
		c := Claim{Epoch: r.uint64(), After: r.uvarint()}
		return c, r.done()
	case kindEstate:
		e := Estate{Last: r.byte()&1 != 0, Epoch: r.uint64()}
		for range r.count(maxEstate) {
			e.Records = append(e.Records, r.bytes(MaxFrame))
		}
		return e, r.done()
	}
	return nil, r.err
}

func (r *reader) data(room [][]byte) (Frame, error) {
	d := &Data{First: r.uvarint()}
	count := r.count(maxRecords)
	if count == 0 {
		r.fail("no records")
	}
	d.Records = slices.Grow(room[:0], count)
	for range count {
		d.Records = append(d.Records, r.bytes(MaxFrame))
	}
	if d.First > ^uint64(0)-maxRecords {
		r.fail("sequence out of range")
	}
	return d, r.done()
}

func appendMember(dst []byte, m Member) []byte {
	dst = binary.BigEndian.AppendUint64(dst, m.Epoch)
	dst = appendBytes(dst, m.Name)
	dst = appendBytes(dst, m.Version)
	return appendAddrs(dst, m.Addrs)
}

func (r *reader) member() Member {
	return Member{Epoch: r.uint64(), Name: r.string(maxName), Version: r.string(maxName), Addrs: r.addrs()}
}

func appendAddrs(dst []byte, addrs []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(addrs)))
	for _, a := range addrs {
		dst = appendBytes(dst, a)
	}
	return dst
}

func (r *reader) addrs() []string {
	var addrs []string
	for range r.count(maxAddrs) {
		addrs = append(addrs, r.string(maxAddr))
	}
	return addrs
}

func appendAck(dst []byte, a Ack) []byte {
	dst = binary.BigEndian.AppendUint64(dst, a.Epoch)
	dst = binary.AppendUvarint(dst, a.Next)
	return append(dst, flag(a.Want, 1))
}

func (r *reader) ack() Ack {
	return Ack{Epoch: r.uint64(), Next: r.uvarint(), Want: r.byte()&1 != 0}
}

func appendHead(dst []byte, h Head) []byte {
	dst = binary.AppendUvarint(dst, h.Base)
	dst = binary.AppendUvarint(dst, h.Next)
	return binary.AppendUvarint(dst, h.Stable)
}

func (r *reader) head() Head {
	h := Head{Base: r.uvarint(), Next: r.uvarint(), Stable: r.uvarint()}
	if h.Base > h.Next {
		r.fail("base above next")
	}
	return h
}
