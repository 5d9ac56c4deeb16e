package listener

import (
	"context"
	"net"
	"time"
)

// probes is how many keep-alive probes go unanswered until a connection ends, where the
// system has no time limit for that.
const probes = 5

// openTCP opens a TCP listener whose connections end when their client has vanished.
func openTCP(addr string, deadAfter time.Duration) (net.Listener, error) {
	var config net.ListenConfig
	if deadAfter > 0 {
		// Probes begin after half of the time and take the other half.
		config.KeepAliveConfig = net.KeepAliveConfig{
			Enable: true, Count: probes, Idle: seconds(deadAfter / 2), Interval: seconds(deadAfter / 2 / probes),
		}
	}
	l, err := config.Listen(context.Background(), "tcp", addr)
	if err != nil || deadAfter <= 0 {
		return l, err
	}
	return &tcpListener{l, deadAfter}, nil
}

// seconds rounds a time up to whole seconds, as systems count it.
func seconds(d time.Duration) time.Duration { return max(time.Second, d.Round(time.Second)) }

// A tcpListener limits the time for which accepted connections may be unacknowledged.
type tcpListener struct {
	net.Listener
	deadAfter time.Duration
}

// Accept implements net.Listener.
func (l *tcpListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		// A system that does not take the option still has the probes.
		_ = limitUnacknowledged(tcp, l.deadAfter)
	}
	return conn, nil
}

// control calls set with the descriptor of a connection's socket.
func control(c *net.TCPConn, set func(fd uintptr) error) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = set(fd) }); err != nil {
		return err
	}
	return failed
}
