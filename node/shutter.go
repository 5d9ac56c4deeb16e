package node

import (
	"fmt"
	"net"
	"sync"
)

// A shutter is a TCP listener that can be shut and opened again. While it is shut, the
// system refuses connections to its address, and Accept waits.
type shutter struct {
	addr net.Addr
	done chan struct{} // closed by Close
	once sync.Once

	mu     sync.Mutex
	l      net.Listener  // nil: shut
	opened chan struct{} // closed when it is opened; not nil if it is shut
}

func newShutter(l net.Listener) *shutter {
	return &shutter{addr: l.Addr(), done: make(chan struct{}), l: l}
}

// Addr returns the address, which does not change.
func (s *shutter) Addr() net.Addr { return s.addr }

// Accept waits for the next connection, also while the listener is shut.
func (s *shutter) Accept() (net.Conn, error) {
	for {
		s.mu.Lock()
		l, opened := s.l, s.opened
		s.mu.Unlock()
		if l == nil {
			select {
			case <-opened:
				continue
			case <-s.done:
				return nil, net.ErrClosed
			}
		}
		c, err := l.Accept()
		if err == nil || !s.isShut(l) {
			return c, err
		}
	}
}

// isShut reports whether the listener has been shut since it was l.
func (s *shutter) isShut(l net.Listener) bool {
	select {
	case <-s.done:
		return false
	default:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.l != l
}

// shut refuses new connections until open. Accepted connections stay.
func (s *shutter) shut() error {
	s.mu.Lock()
	l := s.l
	if l != nil {
		s.l, s.opened = nil, make(chan struct{})
	}
	s.mu.Unlock()
	if l == nil {
		return nil
	}
	return l.Close()
}

// open accepts connections again. It fails if another process has taken the port.
func (s *shutter) open() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.l != nil {
		return nil
	}
	select {
	case <-s.done:
		return ErrClosed
	default:
	}
	l, err := net.Listen(s.addr.Network(), s.addr.String())
	if err != nil {
		return fmt.Errorf("open the HTTP listener again: %w", err)
	}
	s.l = l
	close(s.opened)
	return nil
}

// Close closes the listener. Accept returns net.ErrClosed.
func (s *shutter) Close() error {
	s.once.Do(func() { close(s.done) })
	return s.shut()
}
