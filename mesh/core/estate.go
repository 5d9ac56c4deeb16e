package core

import (
	"fmt"
	"time"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

const (
	// claimTimeout is how long the others are waited for when a member has died.
	// Who still waits for it to be dialled answers when it knows that it is dead.
	claimTimeout = 2 * time.Second
	// estateKept is how long claims on a dead member are answered.
	estateKept = 30 * time.Second
	maxEstates = 64
)

// An estate is what a member left that died: what we lack of it may be with
// another member, and the other way round. Each asks every member it is linked
// with, and delivers what it gets in the order of the numbers. Then the stream of
// the dead is closed.
type estate struct {
	m       *Member
	asked   map[Peer]struct{} // who has not told all it has
	found   map[uint64][]byte // records, by number
	bytes   int
	until   time.Duration
	settled bool
}

// A claim is what one member wants of a dead one.
type claim struct {
	by    Peer
	after uint64
}

// A bequest is what a member is going to be told of a dead one.
type bequest struct {
	epoch uint64
	items []hoarded
}

// bury ends the membership of m, which certainly died without a goodbye.
func (n *Node) bury(now time.Duration, m *Member) {
	n.strike(m, true)
	n.openEstate(now, m)
}

// openEstate asks every linked member for what it has of m.
func (n *Node) openEstate(now time.Duration, m *Member) {
	e := &estate{m: m, asked: map[Peer]struct{}{}, found: map[uint64][]byte{}, until: now + claimTimeout}
	for _, o := range n.all {
		if o != m && o.linked && o.state == Alive && m.in.started { // else we had not met it, or all it left came before
			e.asked[o.peer] = struct{}{}
			o.claims, o.sendNews = append(o.claims, frame.Claim{Epoch: m.record.Epoch, After: m.in.number}), true
			n.wake(o)
		}
	}
	if len(n.estates) >= maxEstates {
		n.dropEstate()
	}
	n.estates[m.record.Epoch] = e
	for _, c := range n.claims[m.record.Epoch] { // they knew before us
		n.bequeath(e, c)
	}
	delete(n.claims, m.record.Epoch)
	if len(e.asked) == 0 {
		n.settleEstate(e)
	}
}

// dropEstate makes room: the estate that was opened first is settled and forgotten.
func (n *Node) dropEstate() {
	var oldest uint64
	for _, epoch := range sortedKeys(n.estates) {
		if e := n.estates[oldest]; e == nil || n.estates[epoch].until < e.until {
			oldest = epoch
		}
	}
	n.settleEstate(n.estates[oldest])
	delete(n.estates, oldest)
}

// takeClaim answers who asks for what a dead member left.
func (n *Node) takeClaim(m *Member, f frame.Claim) {
	c := claim{by: m.peer, after: f.After}
	switch e := n.estates[f.Epoch]; {
	case e != nil:
		n.bequeath(e, c)
	case n.epochs[f.Epoch] == nil: // never heard of it
		m.bequests, m.sendNews = append(m.bequests, bequest{epoch: f.Epoch}), true
		n.wake(m)
	case len(n.claims[f.Epoch]) < len(n.members): // it is no news here yet
		n.claims[f.Epoch] = append(n.claims[f.Epoch], c)
	}
}

// bequeath queues what the claimer lacks and wants.
func (n *Node) bequeath(e *estate, c claim) {
	m := n.members[c.by]
	if m == nil {
		return
	}
	b := bequest{epoch: e.m.record.Epoch}
	for _, h := range e.m.hoard.after(c.after) {
		msg, err := frame.ParseMessage(h.record)
		if wants := m.channels.has(string(msg.Channel)) || !m.synced; err == nil && wants {
			b.items = append(b.items, h)
		}
	}
	m.bequests, m.sendNews = append(m.bequests, b), true
	n.wake(m)
}

// nextEstate puts a piece of what m is to be told of the dead.
func (m *Member) nextEstate(b *batch) {
	q := &m.bequests[0]
	f := frame.Estate{Epoch: q.epoch}
	for bytes := 0; len(q.items) > 0 && bytes < b.room() && len(f.Records) < 4096; q.items = q.items[1:] {
		f.Records = append(f.Records, q.items[0].record)
		bytes += len(q.items[0].record)
	}
	if f.Last = len(q.items) == 0; f.Last {
		m.bequests = m.bequests[1:]
	}
	b.put(f)
}

// takeEstate takes what m has of a dead member.
func (n *Node) takeEstate(m *Member, f frame.Estate) error {
	e := n.estates[f.Epoch]
	if e == nil || e.settled {
		return nil
	}
	if _, asked := e.asked[m.peer]; !asked {
		return nil
	}
	for _, r := range f.Records {
		msg, err := frame.ParseMessage(r)
		if err != nil || msg.Number == 0 {
			return fmt.Errorf("%w: an estate of something else than shared messages", ErrViolation)
		}
		if _, twice := e.found[msg.Number]; twice || msg.Number <= e.m.in.number || e.bytes+len(r) > n.o.HeldBytes {
			continue
		}
		e.found[msg.Number] = r
		e.bytes += len(r)
	}
	if f.Last {
		n.renounce(e, m.peer)
	}
	return nil
}

// renounce waits for p no longer.
func (n *Node) renounce(e *estate, p Peer) {
	delete(e.asked, p)
	if len(e.asked) == 0 {
		n.settleEstate(e)
	}
}

// renounceAll waits for p, which lost its link, with no estate.
func (n *Node) renounceAll(p Peer) {
	for _, epoch := range sortedKeys(n.estates) {
		n.renounce(n.estates[epoch], p)
	}
}

// settleEstateOf settles what a former life of p left, because p is back.
func (n *Node) settleEstateOf(p Peer) {
	for _, epoch := range sortedKeys(n.estates) {
		if e := n.estates[epoch]; e.m.peer == p {
			n.settleEstate(e)
		}
	}
}

func (n *Node) tickEstates(now time.Duration) {
	for _, epoch := range sortedKeys(n.estates) {
		e := n.estates[epoch]
		if now >= e.until {
			n.settleEstate(e)
		}
		if now >= e.until+estateKept {
			delete(n.estates, epoch)
		}
	}
}
