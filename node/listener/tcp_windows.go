package listener

import (
	"net"
	"time"

	"golang.org/x/sys/windows"
)

// limitUnacknowledged sets for how many seconds sent data may be transmitted again
// until the connection ends.
func limitUnacknowledged(c *net.TCPConn, limit time.Duration) error {
	return control(c, func(fd uintptr) error {
		return windows.SetsockoptInt(windows.Handle(fd), windows.IPPROTO_TCP, windows.TCP_MAXRT, int(seconds(limit)/time.Second))
	})
}
