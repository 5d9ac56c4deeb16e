package core

import (
	"slices"
	"time"
)

// An inflow takes what one peer sent, in any order, and yields it in the order
// of its sequence.
type inflow struct {
	started bool
	waiting bool          // next is missing although later ones exist
	next    uint64        // lowest sequence not taken
	head    uint64        // the sender has offered everything below it
	acked   uint64        // the last Next told to the sender
	unacked int           // bytes taken since then
	owedAt  time.Duration // when the first record after that came
	stable  uint64        // the sender says that all have what is numbered below
	number  uint64        // of the last message that others were offered too

	since     time.Duration     // when that began
	wantAt    time.Duration     // when to ask again for next
	held      map[uint64][]byte // came early
	parts     map[uint64]*parts // came in pieces and is not whole
	bytes     int               // in held, and announced for parts
	delivered uint64            // messages put into the inbox
	lost      uint64            // sequences that never came
	inherited uint64            // messages that came with the estate and not by their sequence
	closed    bool              // the sender was given up because the replay window ended
}

// overtaken reports whether the next message that is not shared may be older than one that
// came with the estate. The replay window has ended, so that it may be lost.
func (in *inflow) overtaken() bool { return in.closed && in.inherited > 0 }

// caughtUp says that all that comes from now on is newer than what came with the estate.
func (in *inflow) caughtUp() { in.inherited, in.closed = 0, false }

// parts is a record that arrives in pieces.
type parts struct {
	size  int
	bytes []byte
}

// ready takes the record that is next out of those held back.
func (in *inflow) ready() ([]byte, bool) {
	r, ok := in.held[in.next]
	if ok {
		delete(in.held, in.next)
		in.bytes -= len(r)
	}
	return r, ok
}

// hold keeps a record that came early, if there is room; otherwise it is asked
// for again when its turn comes.
func (in *inflow) hold(sequence uint64, r []byte, limit int) {
	if _, twice := in.held[sequence]; twice || in.bytes+len(r) > limit {
		return
	}
	if in.held == nil {
		in.held = map[uint64][]byte{}
	}
	in.held[sequence] = r
	in.bytes += len(r)
}

// add puts a piece in its place and returns the record when it is whole. Pieces
// are sent in order; one that does not continue what is there starts it anew, or
// is dropped and asked for again.
func (in *inflow) add(sequence, offset uint64, size int, piece []byte, limit int) []byte {
	if offset == 0 {
		in.discard(sequence)
		if sequence != in.next && in.bytes+size > limit {
			return nil
		}
		if in.parts == nil {
			in.parts = map[uint64]*parts{}
		}
		in.parts[sequence] = &parts{size: size}
		in.bytes += size
	}
	p := in.parts[sequence]
	if p == nil || p.size != size || offset != uint64(len(p.bytes)) {
		return nil
	}
	p.bytes = append(p.bytes, piece...)
	if len(p.bytes) < size {
		return nil
	}
	in.discard(sequence)
	return p.bytes
}

func (in *inflow) discard(sequence uint64) {
	if p := in.parts[sequence]; p != nil {
		in.bytes -= p.size
		delete(in.parts, sequence)
	}
}

// early returns the sequences held back below limit, lowest first.
func (in *inflow) early(limit uint64) []uint64 {
	var s []uint64
	for sequence := range in.held {
		if sequence < limit {
			s = append(s, sequence)
		}
	}
	slices.Sort(s)
	return s
}

// skipTo gives up what is missing below sequence and says how many those are.
func (in *inflow) skipTo(sequence uint64) uint64 {
	if sequence <= in.next {
		return 0
	}
	left := sequence - in.next
	for s := range in.parts {
		if s < sequence {
			in.discard(s)
		}
	}
	in.next = sequence
	return left
}
