package vnet

import (
	"slices"
	"time"
)

const (
	segment     = 1448 // bytes of data in a packet (RFC 879, with timestamps)
	firstWindow = 10 * segment
	// The most that Linux lets its buffers grow to (tcp_wmem, tcp_rmem).
	sendBuffer, receiveBuffer = 4 << 20, 6 << 20
	// leastTimeout and mostTimeout bound the retransmission timeout.
	leastTimeout, mostTimeout = 200 * time.Millisecond, 120 * time.Second
	// backOff is what loss leaves of the window (RFC 9438, beta).
	backOff = 0.7
)

// A packet is data on its way. The sender keeps it until it is acknowledged.
type packet struct {
	data   []byte
	serial uint64    // in the order of the data
	sent   time.Time // the last time
	acked  bool
	marked bool // as lost: its retransmission is planned
}

// A sender is the sending half of a socket.
type sender struct {
	unsent   []byte
	flight   []*packet // sent and not acknowledged, in order
	inFlight int       // bytes in them
	serial   uint64

	window, threshold int    // of congestion, in bytes
	recovering        uint64 // loss before this serial has been answered
	smooth, variation time.Duration
	tries             int       // timeouts in a row
	probed            bool      // the tail loss probe has been sent
	deadline, alarm   time.Time // of flight, and when that is looked at next; zero: not
}

// pump sends what the windows allow. The caller holds mu.
func (s *socket) pump(now time.Time) {
	for len(s.unsent) > 0 && s.err == nil {
		size := min(len(s.unsent), segment)
		room := min(s.window, receiveBuffer-len(s.peer.arrived)) - s.inFlight
		if room < size && s.inFlight > 0 || room <= 0 {
			break // until an acknowledgement, or the peer reads
		}
		s.serial++
		p := &packet{data: s.cut(size), serial: s.serial}
		s.flight = append(s.flight, p)
		s.inFlight += size
		s.transmit(p, now)
	}
}

// cut takes the next bytes to be sent. The last ones need not be copied, unless they
// are the end of something large, which they would keep in memory.
func (s *sender) cut(size int) []byte {
	data := s.unsent[:size:size]
	if size == len(s.unsent) {
		if s.unsent = nil; cap(data) <= segment {
			return data
		}
	} else {
		s.unsent = s.unsent[size:]
	}
	return slices.Clone(data)
}

// pumpLater has s look again when it hears that the reader made room.
func (s *socket) pumpLater(reader *socket) {
	if len(s.unsent) == 0 || s.inFlight > 0 {
		return
	}
	s.host.n.send(reader.host, s.host, headers, func(now time.Time) { s.pump(now) })
}

func (s *socket) transmit(p *packet, now time.Time) {
	again := !p.sent.IsZero()
	p.sent, p.marked = now, false
	if again || len(s.flight) == 1 {
		s.arm(now)
	} else {
		s.putOff(now)
	}
	owed, upTo, peer := s.takeOwed(), s.next, s.peer
	s.host.n.send(s.host, peer.host, headers+len(p.data), func(then time.Time) {
		peer.acknowledgeAll(owed, upTo, then)
		peer.receive(p, now, then)
	})
}

// arm sets the timer for the case that no acknowledgement comes: a tail loss probe
// if there is more than one packet to be acknowledged, or else the timeout.
func (s *socket) arm(now time.Time) {
	wait := s.timeout()
	if s.probes() {
		wait = min(wait, s.probeAfter())
	}
	s.deadline = now.Add(wait)
	s.watch()
}

// probes reports whether the next timer is that of a tail loss probe (RFC 8985, section 7).
func (s *sender) probes() bool { return s.tries == 0 && !s.probed && len(s.flight) > 1 }

func (s *sender) probeAfter() time.Duration { return 2*s.smooth + 2*time.Millisecond }

// putOff has the probe wait until after a packet that was just sent. The retransmission
// timeout is that of the first packet, which new ones do not put off (RFC 6298, section 5).
func (s *socket) putOff(now time.Time) {
	if !s.probes() {
		return
	}
	s.deadline = now.Add(s.probeAfter())
	if last := s.flight[0].sent.Add(s.timeout()); last.Before(s.deadline) {
		s.deadline = last
	}
	s.watch()
}

// watch sees to it that somebody looks at the deadline. Most deadlines are put off
// before they come, so an alarm that is early is left as it is.
func (s *socket) watch() {
	if !s.alarm.IsZero() && !s.alarm.After(s.deadline) {
		return
	}
	at := s.deadline
	s.alarm = at
	s.host.n.plan(at, func(now time.Time) {
		if s.err != nil || !s.alarm.Equal(at) {
			return
		}
		s.alarm = time.Time{}
		switch {
		case len(s.flight) == 0:
		case s.deadline.After(now):
			s.watch()
		default:
			s.expire(now)
		}
	})
}

func (s *socket) timeout() time.Duration {
	return min(mostTimeout, (s.smooth+max(leastTimeout, 4*s.variation))<<min(s.tries, 16))
}

// expire sends the first packet again that nobody has acknowledged.
func (s *socket) expire(now time.Time) {
	if s.probes() {
		due := s.flight[0].sent.Add(s.timeout()) // the probe does not put the timeout off
		s.probed = true
		s.transmit(s.flight[0], now)
		if soon := now.Add(time.Millisecond); due.Before(soon) {
			due = soon
		}
		s.deadline = due
		s.watch()
		return
	}
	s.threshold, s.window = max(2*segment, s.inFlight/2), segment
	s.recovering = s.serial
	s.tries++
	s.transmit(s.flight[0], now)
}

// acknowledgeAll takes the acknowledgement of some packets, and of all data up to a
// serial: that of those packets whose own acknowledgement was lost.
func (s *socket) acknowledgeAll(owed []receipt, upTo uint64, now time.Time) {
	if s.err != nil {
		return
	}
	news := false
	for _, r := range owed {
		if !r.p.acked {
			news = true
			s.acknowledge(r.p, r.sent, now)
		}
	}
	for len(s.flight) > 0 && (s.flight[0].acked || s.flight[0].serial <= upTo) {
		news = s.done(s.flight[0]) || news
		s.flight[0] = nil // it would stay in memory as long as the list does
		s.flight = s.flight[1:]
	}
	if len(s.flight) == 0 {
		s.flight = nil
	}
	if !news {
		return
	}
	s.tries, s.probed = 0, false
	if len(s.flight) > 0 {
		s.arm(now)
	}
	s.pump(now)
	signal(s.writable)
}

// done takes a packet out of the windows. It says whether it was in.
func (s *socket) done(p *packet) bool {
	if p.acked {
		return false
	}
	p.acked = true
	s.inFlight -= len(p.data)
	return true
}

// acknowledge notes that the peer has a packet. Those sent well before it that it
// has not are lost.
func (s *socket) acknowledge(p *packet, sent time.Time, now time.Time) {
	s.done(p)
	s.measure(now.Sub(sent)) // time stamps tell which of several it was
	if s.window < s.threshold {
		s.window += len(p.data)
	} else {
		s.window += segment * len(p.data) / s.window
	}
	s.window = min(s.window, sendBuffer)
	for _, f := range s.flight {
		if f.sent.After(sent) || f.serial > p.serial && f.sent.Equal(sent) {
			break
		}
		s.suspect(f, now)
	}
}

// suspect sends a packet again when a quarter of a round trip has passed in which it
// may just have been overtaken (RFC 8985, section 6.2).
func (s *socket) suspect(f *packet, now time.Time) {
	if f.marked || f.acked {
		return
	}
	f.marked = true
	sent := f.sent
	at := sent.Add(s.smooth + s.smooth/4)
	if at.Before(now) {
		at = now
	}
	s.host.n.plan(at, func(now time.Time) {
		if s.err != nil || f.acked || !f.sent.Equal(sent) {
			return
		}
		if f.serial > s.recovering { // once for each window
			s.recovering = s.serial
			s.threshold = max(2*segment, int(float64(s.window)*backOff))
			s.window = s.threshold
		}
		s.transmit(f, now)
	})
}

// measure takes in how long a round trip took (RFC 6298, section 2).
func (s *sender) measure(trip time.Duration) {
	if s.smooth == 0 {
		s.smooth, s.variation = trip, trip/2
		return
	}
	s.variation += ((s.smooth - trip).Abs() - s.variation) / 4
	s.smooth += (trip - s.smooth) / 8
}
