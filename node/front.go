package node

import (
	"net"
	"sync"

	"github.com/signalmesh/signalmesh/node/listener"
)

// A front is the listener for clients. While it is shut, new connections are refused by
// the operating system, and those that were accepted before stay.
//
// Every load balancer sends a request whose connection is refused to another server,
// because nothing of the request was sent. It does not do so by default with a request
// that was answered 503, and nginx without a subscription has no health checks: its
// clients would return to a node that drains until the process has ended.
type front struct {
	listen func(addr string) (net.Listener, error)
	addr   string // as listen takes it, with the port that the system picked
	bound  net.Addr
	closed chan struct{}

	mu       sync.Mutex
	listener net.Listener  // nil while the front is shut
	opened   chan struct{} // closed and replaced when the front opens
	once     sync.Once
}

// newFront returns an open front. addr is a host:port or the address of a unix socket;
// with port 0 the system picks a port.
func newFront(addr string, listen func(addr string) (net.Listener, error)) (*front, error) {
	l, err := listen(addr)
	if err != nil {
		return nil, err
	}
	if !listener.IsUnix(addr) {
		addr = l.Addr().String()
	}
	return &front{
		listen: listen, addr: addr, bound: l.Addr(), listener: l,
		closed: make(chan struct{}), opened: make(chan struct{}),
	}, nil
}

// Accept waits for the next connection, while the front is shut until it opens. The
// error is net.ErrClosed if the front is closed.
func (f *front) Accept() (net.Conn, error) {
	for {
		l, opened := f.current()
		if l == nil {
			select {
			case <-opened:
			case <-f.closed:
				return nil, net.ErrClosed
			}
			continue
		}
		c, err := l.Accept()
		if err == nil {
			return c, nil
		}
		if now, _ := f.current(); now == l { // the error is not that of a front that was shut
			return nil, err
		}
	}
}

// current returns the listener, which is nil while the front is shut, and a channel that
// is closed when the front opens.
func (f *front) current() (net.Listener, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.listener, f.opened
}

// shut refuses new connections until open.
func (f *front) shut() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.listener == nil {
		return nil
	}
	l := f.listener
	f.listener = nil
	return l.Close()
}

// open accepts connections again, at the same address. It does nothing if the front is
// open. The error is net.ErrClosed if the front is closed.
func (f *front) open() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.listener != nil {
		return nil
	}
	if closed(f.closed) {
		return net.ErrClosed
	}
	l, err := f.listen(f.addr)
	if err != nil {
		return err
	}
	f.listener = l
	close(f.opened)
	f.opened = make(chan struct{})
	return nil
}

// Close ends Accept.
func (f *front) Close() error {
	f.mu.Lock()
	f.once.Do(func() { close(f.closed) })
	f.mu.Unlock()
	return f.shut()
}

// Addr returns the address of the front, also while it is shut.
func (f *front) Addr() net.Addr { return f.bound }
