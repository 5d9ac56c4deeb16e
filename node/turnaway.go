package node

import (
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// fullText is the answer to clients that are turned away.
const fullText = "This server has no room for more clients; try again later, or another server."

var fullResponse = fmt.Appendf(nil, "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: %s\r\n"+
	"Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", retryAfter, len(fullText), fullText)

const (
	// turnAwayTime is how long a connection that is turned away may take to send its
	// request and to read the answer.
	turnAwayTime = time.Second
	// maxTurnedAway is the largest number of connections that wait for their answer.
	// Further connections are closed immediately.
	maxTurnedAway = 64
)

// A limitedListener accepts as many connections as a capacity has room for. It accepts
// the others, too, and answers them with 503, so that no client waits for an answer.
type limitedListener struct {
	net.Listener
	capacity *capacity
	turning  chan struct{} // holds a token for each connection being turned away
	work     sync.WaitGroup
}

func newLimitedListener(l net.Listener, c *capacity) *limitedListener {
	turned := maxTurnedAway
	if c.reserve > 0 {
		turned = min(turned, max(c.reserve/8, 1))
	}
	return &limitedListener{Listener: l, capacity: c, turning: make(chan struct{}, turned)}
}

// Accept implements net.Listener.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			l.capacity.exhausted(err)
			return nil, err
		}
		if l.capacity.enter() {
			return l.counted(conn), nil
		}
		l.turnAway(conn)
	}
}

// turnAway answers the first request of a connection with 503 and closes it.
func (l *limitedListener) turnAway(conn net.Conn) {
	select {
	case l.turning <- struct{}{}:
	default:
		_ = conn.Close()
		return
	}
	l.work.Go(func() {
		defer func() { <-l.turning }()
		defer conn.Close()
		if conn.SetDeadline(time.Now().Add(turnAwayTime)) != nil {
			return
		}
		// Some clients take an answer that comes before their request for an error.
		if _, err := conn.Read(make([]byte, 1<<10)); err != nil {
			return
		}
		if _, err := conn.Write(fullResponse); err != nil {
			return
		}
		// A connection that is closed with unread input is reset, and the answer lost.
		if half, ok := conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(conn, 64<<10))
		}
	})
}

// Close implements net.Listener. It waits for the connections that are turned away.
func (l *limitedListener) Close() error {
	err := l.Listener.Close()
	l.work.Wait()
	return err
}

// counted returns conn as one that leaves the capacity when it is closed.
func (l *limitedListener) counted(conn net.Conn) net.Conn {
	leave := sync.OnceFunc(l.capacity.leave)
	if tcp, ok := conn.(*net.TCPConn); ok {
		return &countedTCP{tcp, leave}
	}
	return &countedConn{conn, leave}
}

// A countedTCP is a TCP connection of a client. It has the methods of net.TCPConn, such
// as ReadFrom, which sends files without copying.
type countedTCP struct {
	*net.TCPConn
	leave func()
}

// Close implements net.Conn.
func (c *countedTCP) Close() error {
	defer c.leave()
	return c.TCPConn.Close()
}

// A countedConn is another connection of a client.
type countedConn struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
