package vnet

import "time"

// ackDelay is how long an acknowledgement waits for data to travel with (Linux's least).
const ackDelay = 40 * time.Millisecond

// A receiver is the receiving half of a socket.
type receiver struct {
	arrived []byte             // in order, and not read
	next    uint64             // serial of the last packet in it
	early   map[uint64]*packet // by serial
	owed    []receipt          // acknowledgements that wait
	owedBy  time.Time          // when they go without data
	owing   bool               // that is going to be looked at
}

// A receipt acknowledges a packet that was sent at a time.
type receipt struct {
	p    *packet
	sent time.Time
}

// receive takes a packet that was sent at a time, and acknowledges it. The caller
// holds mu.
func (s *socket) receive(p *packet, sent, now time.Time) {
	if s.err != nil {
		s.answerClosed()
		return
	}
	s.owed = append(s.owed, receipt{p, sent})
	atOnce := len(s.owed) > 1 || len(s.early) > 0 || p.serial != s.next+1
	switch {
	case p.serial <= s.next:
	case p.serial == s.next+1:
		s.append(p)
		for q := s.early[s.next+1]; q != nil; q = s.early[s.next+1] {
			delete(s.early, q.serial)
			s.append(q)
		}
		signal(s.readable)
	default:
		if s.early == nil {
			s.early = map[uint64]*packet{}
		}
		s.early[p.serial] = p
	}
	if atOnce {
		s.acknowledgeAlone()
		return
	}
	s.owedBy = now.Add(ackDelay)
	s.owe()
}

// owe has somebody look at what is owed when data has not taken it along by then.
func (s *socket) owe() {
	if s.owing {
		return
	}
	s.owing = true
	s.host.n.plan(s.owedBy, func(now time.Time) {
		s.owing = false
		switch {
		case s.err != nil || len(s.owed) == 0:
		case s.owedBy.After(now):
			s.owe()
		default:
			s.acknowledgeAlone()
		}
	})
}

// acknowledgeAlone sends what is owed without data: every second packet, what was
// out of order, and what has waited for ackDelay (RFC 5681, section 4.2).
func (s *socket) acknowledgeAlone() {
	owed, upTo, peer := s.takeOwed(), s.next, s.peer
	s.host.n.send(s.host, peer.host, headers, func(now time.Time) { peer.acknowledgeAll(owed, upTo, now) })
}

func (s *socket) takeOwed() []receipt {
	owed := s.owed
	s.owed = nil
	return owed
}

func (s *socket) append(p *packet) {
	if len(s.arrived) == 0 {
		s.arrived = p.data // which nobody changes, and appending copies
	} else {
		s.arrived = append(s.arrived, p.data...)
	}
	s.next = p.serial
}

// answerClosed tells a peer that there is no connection any more.
// A host without power does not answer, until another one has booted at its address.
func (s *socket) answerClosed() {
	if h := s.host; !h.gone || h.n.hosts[h.addr] != h {
		s.sendReset()
	}
}

// take moves what has arrived into b.
func (r *receiver) take(b []byte) int {
	n := copy(b, r.arrived)
	if r.arrived = r.arrived[n:]; len(r.arrived) == 0 {
		r.arrived = nil
	}
	return n
}
