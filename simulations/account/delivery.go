package account

import (
	"time"
)

// A Delivery is a message that arrived.
type Delivery struct {
	ID       uint64
	To, From int // lives
	At       time.Duration
	Road     Road
	Repaired bool
}

// Delivered says that a message arrived.
func (b *Book) Delivered(d Delivery) {
	if d.ID == 0 || d.ID >= uint64(len(b.messages)) || int(b.messages[d.ID].by) != d.From {
		b.Break("life %d got a message that %d did not publish", d.To, d.From)
		return
	}
	m := &b.messages[d.ID]
	a := m.class
	word, bit := d.To/64, uint64(1)<<(d.To%64)
	if word >= len(m.expected) || m.expected[word]&bit == 0 {
		b.unexpected(a, m, d)
		return
	}
	m.expected[word] &^= bit
	if m.left--; m.left == 0 {
		m.expected = nil
	}
	b.order(a, m, d)
	b.measure(a, m, d)
}

// unexpected takes a delivery that was not due: of somebody who was not known when
// it was published, or a second one.
func (b *Book) unexpected(a *class, m *message, d Delivery) {
	if d.To >= int(m.lives) { // others kept it of a dead sender; its order is promised to those it was for
		a.Offered++
		m.found(b.lives[d.To].node)
		b.measure(a, m, d)
		return
	}
	if last := b.lastOf(m, d.To); d.ID > *last { // sent to be safe: it counts as offered
		a.Offered++
		m.found(b.lives[d.To].node)
		b.order(a, m, d)
		b.measure(a, m, d)
		return
	}
	a.Duplicates++
	b.Break("message %d of %s arrived twice at %s", d.ID, b.name(d.From), b.name(d.To))
}

func (b *Book) lastOf(m *message, to int) *uint64 {
	l := &b.lives[to]
	for len(l.last) <= int(m.slot) {
		l.last = append(l.last, 0)
	}
	return &l.last[m.slot]
}

func (b *Book) order(a *class, m *message, d Delivery) {
	last := b.lastOf(m, d.To)
	if d.ID < *last {
		a.Disorder++
		b.Break("message %d of %s arrived at %s after message %d", d.ID, b.name(d.From), b.name(d.To), *last)
	}
	*last = max(*last, d.ID)
}

func (b *Book) measure(a *class, m *message, d Delivery) {
	took := d.At - m.at
	a.Delivered++
	b.delivered++
	b.sample.Delivered++
	b.lives[d.To].got += uint64(m.size)
	b.carried[b.lives[d.From].region*len(b.s.Regions)+b.lives[d.To].region]++
	b.all.add(took)
	a.took.add(took)
	b.parts.add(b.lives[d.From].region, b.lives[d.To].region, m.at, took)
	b.second.add(took)
	if d.Repaired {
		a.Repaired++
		d.Road = repaired
	}
	if took > b.s.LateAfter.D() {
		a.Late++
	}
	if d.Road != NoRoad {
		b.roads[d.Road].add(took)
	}
	for i := range b.healings {
		if h := &b.healings[i]; m.at >= h.begin && m.at < h.end && d.At >= h.end && (d.Repaired || took > b.s.LateAfter.D()) {
			h.until[d.To] = max(h.until[d.To], d.At-h.end)
		}
	}
}
