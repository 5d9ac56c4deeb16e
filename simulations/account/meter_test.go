package account

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAMeterCountsBusySecondsWithinTheLoad(t *testing.T) {
	var m Meter
	length := 10 * time.Second
	m.Add(-2*time.Second, 250*time.Millisecond, length)
	m.Add(1500*time.Millisecond, 3250*time.Millisecond, length)
	m.Add(9900*time.Millisecond, 12*time.Second, length)
	u := m.Use(1e6, length)
	assert.InDelta(t, (0.25+1.75+0.1)/10, u.Mean, 1e-9)
	assert.InDelta(t, 1, u.Peak, 1e-9)
	assert.Equal(t, 2, u.PeakSecond)
	assert.Equal(t, 1e6, u.BitsPerSecond)
}

func TestALineWithoutALimitHasNoUtilisation(t *testing.T) {
	var m Meter
	m.Add(0, time.Second, time.Second)
	assert.Zero(t, m.Use(0, time.Second))
}
