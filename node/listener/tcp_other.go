//go:build !linux && !darwin && !windows

package listener

import (
	"errors"
	"net"
	"time"
)

// limitUnacknowledged returns an error: this system only has keep-alive probes.
func limitUnacknowledged(*net.TCPConn, time.Duration) error { return errors.ErrUnsupported }
