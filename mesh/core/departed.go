package core

import (
	"time"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// Departed reports whether m announced that it leaves. A member that is Gone or Left
// without that announcement has failed.
func (m *Member) Departed() bool { return m.departed }

// LastAlive returns the time at which m last showed that it is alive.
func (m *Member) LastAlive() time.Duration { return m.heard }

// Record returns the last announcement of m. The caller must not change it.
func (m *Member) Record() *frame.Member { return m.record }
