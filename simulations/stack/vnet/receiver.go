package vnet

import "time"

// A receiver is the receiving half of a socket.
type receiver struct {
	arrived []byte             // in order, and not read
	next    uint64             // serial of the last packet in it
	early   map[uint64]*packet // by serial
}

// receive takes a packet that was sent at a time, and acknowledges it. The caller
// holds mu.
func (s *socket) receive(p *packet, sent time.Time) {
	if s.err != nil {
		s.answerClosed()
		return
	}
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
	peer := s.peer
	s.host.n.send(s.host, peer.host, headers, func(now time.Time) { peer.acknowledge(p, sent, now) })
}

func (s *socket) append(p *packet) {
	s.arrived = append(s.arrived, p.data...)
	s.next = p.serial
}

// answerClosed tells a peer that there is no connection any more.
func (s *socket) answerClosed() {
	peer := s.peer
	s.host.n.send(s.host, peer.host, headers, func(time.Time) { peer.fail(errReset) })
}

// take moves what has arrived into b.
func (r *receiver) take(b []byte) int {
	n := copy(b, r.arrived)
	if r.arrived = r.arrived[n:]; len(r.arrived) == 0 {
		r.arrived = nil
	}
	return n
}
