package vnet

import (
	"net"
	"os"
	"time"
)

// A socket is one end of a connection.
type socket struct {
	host          *Host
	peer          *socket
	local, remote *net.TCPAddr

	sender
	receiver
	err                   error // why it is over
	readable, writable    chan struct{}
	readUntil, writeUntil time.Time // deadlines; zero: none
}

var _ net.Conn = (*socket)(nil)

// connect makes a connection. The caller holds mu.
func (n *Network) connect(dialer, host *Host, port int) (here, there *socket) {
	dialer.port++
	if dialer.port > 60999 {
		dialer.port = firstPort
	}
	open := func(h *Host, local, remote *net.TCPAddr) *socket {
		s := &socket{
			host: h, local: local, remote: remote, readable: make(chan struct{}, 1), writable: make(chan struct{}, 1),
			sender: sender{window: firstWindow, threshold: sendBuffer},
		}
		h.sockets[s] = struct{}{}
		return s
	}
	a, b := tcpAddr(dialer.addr, dialer.port), tcpAddr(host.addr, port)
	here, there = open(dialer, a, b), open(host, b, a)
	here.peer, there.peer = there, here
	trip := n.roundTrip(dialer, host)
	here.measure(trip)
	there.measure(trip)
	return here, there
}

// fail ends this side of the connection. The caller holds mu.
func (s *socket) fail(err error) {
	if s.err != nil {
		return
	}
	s.err = err
	s.unsent, s.flight = nil, nil
	delete(s.host.sockets, s)
	signal(s.readable)
	signal(s.writable)
}

// tell sends a reset to the peer. The caller holds mu.
func (s *socket) tell() {
	if s.err != nil || s.host.paused {
		return
	}
	s.sendReset()
}

// sendReset ends the peer's side a moment after the reset has arrived: rounding must not put
// it into the same instant as the data before it, which nobody would have read.
func (s *socket) sendReset() {
	n, peer := s.host.n, s.peer
	n.send(s.host, peer.host, headers, func(now time.Time) {
		n.plan(now.Add(grain), func(time.Time) { peer.fail(errReset) })
	})
}

// Close resets the connection. What was written and not acknowledged is gone.
func (s *socket) Close() error {
	s.host.n.mu.Lock()
	defer s.host.n.mu.Unlock()
	s.tell()
	s.fail(net.ErrClosed)
	return nil
}

// Read returns what has arrived, also after a reset.
func (s *socket) Read(b []byte) (int, error) {
	for {
		n, until, err := s.tryRead(b)
		if n > 0 || err != nil || len(b) == 0 {
			return n, s.opError("read", err)
		}
		if err := await(s.readable, until); err != nil {
			return 0, s.opError("read", err)
		}
	}
}

func (s *socket) tryRead(b []byte) (n int, until time.Time, err error) {
	s.host.n.mu.Lock()
	defer s.host.n.mu.Unlock()
	if s.err == net.ErrClosed {
		return 0, until, s.err
	}
	if expired(s.readUntil) {
		return 0, until, os.ErrDeadlineExceeded
	}
	if s.host.paused {
		return 0, s.readUntil, nil
	}
	if n = s.take(b); n > 0 {
		s.peer.pumpLater(s)
		if len(s.arrived) > 0 {
			signal(s.readable) // for another reader, if there is one
		}
		return n, until, nil
	}
	return 0, s.readUntil, s.err
}

// Write returns when all of b is in the buffer of the system.
func (s *socket) Write(b []byte) (written int, err error) {
	for {
		n, until, err := s.tryWrite(b[written:])
		written += n
		if err != nil || written == len(b) {
			return written, s.opError("write", err)
		}
		if err := await(s.writable, until); err != nil {
			return written, s.opError("write", err)
		}
	}
}

func (s *socket) tryWrite(b []byte) (n int, until time.Time, err error) {
	s.host.n.mu.Lock()
	defer s.host.n.mu.Unlock()
	switch {
	case s.err != nil:
		return 0, until, s.err
	case expired(s.writeUntil):
		return 0, until, os.ErrDeadlineExceeded
	}
	if s.host.paused {
		return 0, s.writeUntil, nil
	}
	n = min(len(b), max(0, sendBuffer-len(s.unsent)-s.inFlight))
	s.unsent = append(s.unsent, b[:n]...)
	s.pump(time.Now())
	return n, s.writeUntil, nil
}

func expired(deadline time.Time) bool { return !deadline.IsZero() && !time.Now().Before(deadline) }

// await waits for news, or a deadline.
func await(news chan struct{}, deadline time.Time) error {
	if deadline.IsZero() {
		<-news
		return nil
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-news:
		return nil
	case <-timer.C:
		return os.ErrDeadlineExceeded
	}
}

func (s *socket) opError(op string, err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: op, Net: "tcp", Source: s.local, Addr: s.remote, Err: err}
}

func (s *socket) LocalAddr() net.Addr  { return s.local }
func (s *socket) RemoteAddr() net.Addr { return s.remote }

func (s *socket) SetDeadline(t time.Time) error {
	_ = s.SetReadDeadline(t)
	return s.SetWriteDeadline(t)
}

func (s *socket) SetReadDeadline(t time.Time) error {
	s.host.n.mu.Lock()
	defer s.host.n.mu.Unlock()
	s.readUntil = t
	signal(s.readable) // a waiting reader looks again
	return nil
}

func (s *socket) SetWriteDeadline(t time.Time) error {
	s.host.n.mu.Lock()
	defer s.host.n.mu.Unlock()
	s.writeUntil = t
	signal(s.writable)
	return nil
}
