package admission_test

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

var (
	start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	here  = netip.MustParseAddr("127.0.0.1")
)

func TestGuessingIsSlowed(t *testing.T) {
	var throttle admission.Throttle
	guesses := 0
	for now := start; now.Before(start.Add(time.Hour)); now = now.Add(100 * time.Millisecond) {
		if _, ok := throttle.Enter(now, here); ok {
			throttle.Leave(now, here, true)
			guesses++
		}
	}
	assert.InDelta(t, 1210, guesses, 10, "10, and one every 3 s")
	_, ok := throttle.Enter(start.Add(time.Hour), netip.MustParseAddr("10.0.0.2"))
	assert.True(t, ok, "another address is not concerned")
}

func TestGuessingInParallelGetsNotFurther(t *testing.T) {
	var throttle admission.Throttle
	guesses := 0
	for now := start; now.Before(start.Add(time.Hour)); now = now.Add(time.Second) {
		entered := 0
		for range 100 {
			if _, ok := throttle.Enter(now, here); ok {
				entered++
			}
		}
		for range entered {
			throttle.Leave(now, here, true)
		}
		guesses += entered
	}
	assert.InDelta(t, 1210, guesses, 70)
}

func TestAnAddressIsNotShutOutForEver(t *testing.T) {
	var throttle admission.Throttle
	entered := 0
	for {
		if _, ok := throttle.Enter(start, here); !ok {
			break
		}
		entered++
	}
	for range entered {
		throttle.Leave(start, here, true)
	}
	wait, ok := throttle.Enter(start, here)
	require.False(t, ok)
	assert.LessOrEqual(t, wait, 4*time.Minute)
	_, ok = throttle.Enter(start.Add(wait-time.Second), here)
	assert.False(t, ok)
	_, ok = throttle.Enter(start.Add(wait+time.Millisecond), here)
	assert.True(t, ok)
}

func TestSuccessCostsNothing(t *testing.T) {
	var throttle admission.Throttle
	for range 10_000 {
		_, ok := throttle.Enter(start, here)
		require.True(t, ok)
		throttle.Leave(start, here, false)
	}
}

func TestManyAddressesAreBounded(t *testing.T) {
	var throttle admission.Throttle
	for i := range uint32(20_000) {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], i)
		a := netip.AddrFrom4(b)
		_, ok := throttle.Enter(start, a)
		require.True(t, ok)
		throttle.Leave(start, a, true)
	}
	assert.LessOrEqual(t, throttle.Addresses(), 4096)
	entered := 0
	for i := range uint32(20_000) {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], i)
		if _, ok := throttle.Enter(start, netip.AddrFrom4(b)); ok {
			entered++
		}
	}
	assert.Equal(t, 1024, entered, "at once")
}

func TestAnIPv6NetworkCountsAsOneAddress(t *testing.T) {
	var throttle admission.Throttle
	for i := range 10 {
		a := netip.MustParseAddr("2001:db8::1")
		if i%2 == 0 {
			a = netip.MustParseAddr("2001:db8::2")
		}
		_, ok := throttle.Enter(start, a)
		require.True(t, ok)
		throttle.Leave(start, a, true)
	}
	_, ok := throttle.Enter(start, netip.MustParseAddr("2001:db8::3"))
	assert.False(t, ok)
	_, ok = throttle.Enter(start, netip.MustParseAddr("2001:db8:0:1::3"))
	assert.True(t, ok)
}
