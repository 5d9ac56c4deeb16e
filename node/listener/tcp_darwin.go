package listener

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// limitUnacknowledged sets for how many seconds sent data may be transmitted again
// until the connection ends.
func limitUnacknowledged(c *net.TCPConn, limit time.Duration) error {
	return control(c, func(fd uintptr) error {
		return unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_RXT_CONNDROPTIME, int(seconds(limit)/time.Second))
	})
}
