package core

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// A ticket is a subscription of ours that members have still to confirm.
type ticket struct{ open int }

// awaited is what a member has to acknowledge for a ticket.
type awaited struct {
	sequence uint64
	ticket   uint64
}

// Subscribe makes channel wanted here and tells every member. Shell.Confirmed is
// called with the ticket once every live member has acknowledged that; ticket 0
// means there is nothing to wait for. With ErrInterest nothing has changed.
func (n *Node) Subscribe(now time.Duration, channel string) (ticketID uint64, err error) {
	if err := n.Want(now, channel); err != nil {
		return 0, err
	}
	return n.Await(), nil
}

// Want makes channel wanted here and tells every member, as Subscribe does, but
// opens no ticket: one Await afterwards covers any number of channels.
func (n *Node) Want(now time.Duration, channel string) error {
	if _, twice := n.own[channel]; twice {
		return nil
	}
	bytes := n.ownBytes + len(channel) + channelCost
	if bytes > n.o.MaxInterest {
		return fmt.Errorf("%w: %d, limit %d MiB for their names", ErrInterest, len(n.own), n.o.MaxInterest>>20)
	}
	n.own[channel], n.ownBytes, n.snapshot = channel, bytes, nil
	n.offerInterest(now, frame.Interest{Channel: channel})
	return nil
}

// Unsubscribe makes channel unwanted and tells every member.
func (n *Node) Unsubscribe(now time.Duration, channel string) {
	if _, ok := n.own[channel]; !ok {
		return
	}
	delete(n.own, channel)
	n.snapshot = nil
	n.ownBytes -= len(channel) + channelCost
	n.offerInterest(now, frame.Interest{Channel: channel, Remove: true})
}

func (n *Node) offerInterest(now time.Duration, i frame.Interest) {
	r := &record{at: now, bytes: frame.AppendInterest(nil, i)}
	n.urgent = true
	for _, m := range n.all {
		if !m.parted {
			n.offer(m, r)
		}
	}
}

// Await opens a ticket for what every live member has been offered so far. See
// Subscribe.
func (n *Node) Await() uint64 {
	open := 0
	id := n.lastTicket + 1
	for _, m := range n.members {
		if m.state == Alive && m.out.base < m.out.next {
			m.tickets = append(m.tickets, awaited{sequence: m.out.next - 1, ticket: id})
			open++
		}
	}
	if open == 0 {
		return 0
	}
	n.lastTicket = id
	n.tickets[id] = &ticket{open: open}
	return id
}

// Abandon forgets a ticket that nobody waits for any more, and returns who has
// not confirmed it.
func (n *Node) Abandon(ticketID uint64) []Peer {
	delete(n.tickets, ticketID)
	var late []Peer
	for _, m := range n.members {
		if slices.ContainsFunc(m.tickets, func(a awaited) bool { return a.ticket == ticketID }) {
			late = append(late, m.peer)
		}
	}
	slices.Sort(late)
	return late
}

// confirm closes what m has acknowledged below next.
func (n *Node) confirm(m *Member, next uint64) {
	i := 0
	for i < len(m.tickets) && m.tickets[i].sequence < next {
		n.closeTicket(m.tickets[i].ticket)
		i++
	}
	m.tickets = m.tickets[i:]
}

// settle closes everything that waits for m, because nobody should any more.
func (n *Node) settle(m *Member) { n.confirm(m, ^uint64(0)) }

func (n *Node) closeTicket(id uint64) {
	t := n.tickets[id]
	if t == nil {
		return
	}
	if t.open--; t.open == 0 {
		delete(n.tickets, id)
		n.shell.Confirmed(id)
	}
}

// offerSnapshot offers m the whole set of channels wanted here.
func (n *Node) offerSnapshot(now time.Duration, m *Member) {
	if n.snapshot == nil {
		n.snapshot = snapshotOf(slices.Sorted(maps.Keys(n.own)))
	}
	for _, bytes := range n.snapshot {
		n.offer(m, &record{at: now, bytes: bytes})
	}
}

// snapshotOf makes the records of a whole set of channels.
func snapshotOf(names []string) (records [][]byte) {
	for first := true; first || len(names) > 0; first = false {
		i, bytes := 0, 0
		for i < len(names) && bytes < frame.MaxPart/2 && i < 4096 {
			bytes += len(names[i])
			i++
		}
		s := frame.Snapshot{First: first, Last: i == len(names), Channels: names[:i]}
		records = append(records, frame.AppendSnapshot(nil, s))
		names = names[i:]
	}
	return records
}

// applySnapshot takes a piece of the set of channels that m wants.
func (n *Node) applySnapshot(m *Member, s frame.Snapshot) error {
	if s.First {
		m.pending = &channels{}
	}
	if m.pending == nil { // the piece that began it was lost: ask again
		m.resync, m.sendNews = true, true
		return nil
	}
	for _, c := range s.Channels {
		if own, ok := n.own[c]; ok {
			c = own // one name for all who want it
		}
		m.pending.add(c)
	}
	if err := n.bounded(m.pending); err != nil || !s.Last {
		return err
	}
	before := m.channels
	m.channels, m.pending = *m.pending, nil
	for c := range m.channels.all() { // first, so that what it wants still is wanted all the while
		if !before.has(c) {
			n.want(m, c)
		}
	}
	for c := range before.all() {
		if !m.channels.has(c) {
			n.unwant(m, c)
		}
	}
	if !m.synced {
		m.synced, m.asked = true, false
		n.unsynced = without(n.unsynced, m)
	}
	return nil
}

func (n *Node) applyInterest(m *Member, i frame.Interest) error {
	switch {
	case i.Remove && m.channels.remove(i.Channel):
		n.unwant(m, i.Channel)
	case !i.Remove && m.channels.add(i.Channel):
		n.want(m, i.Channel)
	}
	return n.bounded(&m.channels)
}

// bounded refuses the interest of a member that would fill our memory with it.
func (n *Node) bounded(c *channels) error {
	if c.bytes > n.o.MaxInterest {
		return fmt.Errorf("%w: it subscribes to %d channels, more than %d MiB of names", ErrViolation, c.len(), n.o.MaxInterest>>20)
	}
	return nil
}

// unsync says that the interest of m is no longer known, so that it is sent
// everything until a new snapshot came.
func (n *Node) unsync(m *Member) {
	m.pending = nil
	m.resync, m.sendNews = true, true
	m.synced = false
	if !slices.Contains(n.unsynced, m) {
		n.unsynced = append(n.unsynced, m)
	}
}

// uninterest takes m out of every table: it is offered nothing any more.
func (n *Node) uninterest(m *Member) {
	n.unindex(m)
	m.channels, m.pending = channels{}, nil
	m.synced = false
	n.unsynced = without(n.unsynced, m)
}

func (n *Node) unindex(m *Member) {
	for c := range m.channels.all() {
		n.unwant(m, c)
	}
}

func (n *Node) want(m *Member, channel string) {
	wanters := n.interest[channel]
	n.interest[channel] = append(wanters, m)
	if len(wanters) == 0 {
		n.listing.add(channel)
		n.tellFollower(channel, true)
	}
}

func (n *Node) unwant(m *Member, channel string) {
	if rest := without(n.interest[channel], m); len(rest) > 0 {
		n.interest[channel] = rest
	} else {
		delete(n.interest, channel)
		n.listing.remove(channel)
		n.tellFollower(channel, false)
	}
}

// without returns list without m. The order does not matter.
func without(list []*Member, m *Member) []*Member {
	i := slices.Index(list, m)
	if i < 0 {
		return list
	}
	last := len(list) - 1
	list[i], list[last] = list[last], nil
	return list[:last]
}
