package core

import (
	"time"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// Departed reports whether m said goodbye. A member that is Gone or Left and did not
// say goodbye has failed.
func (m *Member) Departed() bool { return m.departed }

// Heard returns the time of the last sign of life of m.
func (m *Member) Heard() time.Duration { return m.heard }

// Record returns the last announcement of m. The caller must not change it.
func (m *Member) Record() *frame.Member { return m.record }
