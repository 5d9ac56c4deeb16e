package core

import "time"

// A record is what is offered to peers. Its bytes are shared by all of them and
// never change.
type record struct {
	at     time.Duration // when it was offered
	number uint64        // of a message offered to several; 0 for others
	bytes  []byte
	open   int32 // members that have not acknowledged it, but for those that are gone
}

// An outflow numbers what one peer is offered, from 1, and keeps it until it is
// acknowledged: the first record has the sequence base, the next base+1, and so on.
type outflow struct {
	records queue[*record]
	base    uint64 // lowest sequence kept
	sent    uint64 // lowest sequence not sent on the present road
	next    uint64 // sequence of the next record offered
	bytes   int    // in records
	kept    *int   // bytes of all outflows of the node
	offset  int32  // how much of the record sent was sent already, as parts
	gone    bool   // the peer is: nobody waits for it
	lost    uint64 // given up before they were acknowledged
}

// newOutflow returns an empty outflow that adds its bytes to kept.
func newOutflow(kept *int) outflow { return outflow{base: 1, sent: 1, next: 1, kept: kept} }

func (o *outflow) put(r *record) {
	o.records.push(r)
	if !o.gone {
		r.open++
	}
	o.bytes += len(r.bytes)
	*o.kept += len(r.bytes)
	o.next++
}

func (o *outflow) at(sequence uint64) *record { return o.records.items()[sequence-o.base] }

// advance lets go of every record below base and says how many those were.
func (o *outflow) advance(base uint64) uint64 {
	if base <= o.base {
		return 0
	}
	gone := base - o.base
	for _, r := range o.records.items()[:gone] {
		o.bytes -= len(r.bytes)
		*o.kept -= len(r.bytes)
		if !o.gone {
			r.open--
		}
	}
	o.records.drop(int(gone))
	o.base = base
	if o.sent < base {
		o.rewind(base)
	}
	return gone
}

// rewind makes sequence the next one to be sent.
func (o *outflow) rewind(sequence uint64) {
	o.sent, o.offset = max(sequence, o.base), 0
}

// shrink lets go of the oldest records until at most limit bytes are kept.
func (o *outflow) shrink(limit int) uint64 {
	base, bytes := o.base, o.bytes
	for bytes > limit && base < o.next {
		bytes -= len(o.at(base).bytes)
		base++
	}
	return o.advance(base)
}

// count says whether the records wait for this peer, too.
func (o *outflow) count(on bool) {
	if on != o.gone {
		return
	}
	o.gone = !on
	by := int32(-1)
	if on {
		by = 1
	}
	for _, r := range o.records.items() {
		r.open += by
	}
}

// expire lets go of the records offered before then.
func (o *outflow) expire(then time.Duration) uint64 {
	base := o.base
	for base < o.next && o.at(base).at < then {
		base++
	}
	return o.advance(base)
}
