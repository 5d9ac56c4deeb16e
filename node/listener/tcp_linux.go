package listener

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// limitUnacknowledged sets how long sent data, or a probe, may be unacknowledged until
// the connection ends: TCP_USER_TIMEOUT, RFC 5482.
func limitUnacknowledged(c *net.TCPConn, limit time.Duration) error {
	return control(c, func(fd uintptr) error {
		return unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(limit.Milliseconds()))
	})
}
