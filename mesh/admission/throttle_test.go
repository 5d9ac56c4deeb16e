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
		if throttle.Enter(now, here) == nil {
			throttle.Leave(now, here, true)
			guesses++
		}
	}
	assert.InDelta(t, 1210, guesses, 10, "10, and one every 3 s")
	assert.Nil(t, throttle.Enter(start.Add(time.Hour), netip.MustParseAddr("10.0.0.2")), "another address is not concerned")
}

func TestGuessingInParallelGetsNotFurther(t *testing.T) {
	var throttle admission.Throttle
	guesses := 0
	for now := start; now.Before(start.Add(time.Hour)); now = now.Add(time.Second) {
		entered := 0
		for range 100 {
			if throttle.Enter(now, here) == nil {
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
		if throttle.Enter(start, here) != nil {
			break
		}
		entered++
	}
	for range entered {
		throttle.Leave(start, here, true)
	}
	refused := throttle.Enter(start, here)
	require.NotNil(t, refused)
	assert.Equal(t, admission.TooManyFailures, refused.Reason)
	assert.LessOrEqual(t, refused.Wait, 4*time.Minute)
	assert.NotNil(t, throttle.Enter(start.Add(refused.Wait-time.Second), here))
	assert.Nil(t, throttle.Enter(start.Add(refused.Wait+time.Millisecond), here))
}

func TestSuccessCostsNothing(t *testing.T) {
	var throttle admission.Throttle
	for range 10_000 {
		require.Nil(t, throttle.Enter(start, here))
		throttle.Leave(start, here, false)
	}
}

func TestManyAddressesAreBounded(t *testing.T) {
	var throttle admission.Throttle
	for i := range uint32(20_000) {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], i)
		a := netip.AddrFrom4(b)
		require.Nil(t, throttle.Enter(start, a))
		throttle.Leave(start, a, true)
	}
	assert.LessOrEqual(t, throttle.Addresses(), 4096)
	entered := 0
	for i := range uint32(20_000) {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], i)
		if throttle.Enter(start, netip.AddrFrom4(b)) == nil {
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
		require.Nil(t, throttle.Enter(start, a))
		throttle.Leave(start, a, true)
	}
	assert.NotNil(t, throttle.Enter(start, netip.MustParseAddr("2001:db8::3")))
	assert.Nil(t, throttle.Enter(start, netip.MustParseAddr("2001:db8:0:1::3")))
}

// A peer that has to wait because of other peers gets the reason Busy.
func TestTheReasonOfARefusalIsTrue(t *testing.T) {
	var throttle admission.Throttle
	for range 64 {
		require.Nil(t, throttle.Enter(start, here))
	}
	refused := throttle.Enter(start, here)
	require.NotNil(t, refused)
	assert.Equal(t, admission.Busy, refused.Reason)
	assert.Equal(t, time.Second, refused.Wait)
	assert.ErrorContains(t, refused, "too many connections are not admitted yet")
}
