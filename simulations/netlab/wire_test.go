//go:build linux

package netlab

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// packet is an IPv4 header to an address.
func packet(to netip.Addr) []byte {
	p := make([]byte, 20)
	p[0] = 4<<4 | 5
	copy(p[16:], to.AsSlice())
	return p
}

func TestAWireCarriesWhereItIsNotCut(t *testing.T) {
	w := NewWire(1)
	a, b, c := &Host{Addr: address(0, 1)}, &Host{Addr: address(1, 1)}, &Host{Addr: address(2, 1)}
	for _, h := range []*Host{a, b, c} {
		w.Place(h)
	}
	reaches := func(from, to *Host) bool {
		got, delay := w.judge(from, packet(to.Addr))
		assert.Zero(t, delay)
		return got == to
	}
	assert.True(t, reaches(a, b))
	w.Block(a, b)
	assert.False(t, reaches(a, b))
	assert.False(t, reaches(b, a))
	assert.True(t, reaches(a, c))
	w.Unblock(b, a)
	assert.True(t, reaches(a, b))

	old := b.Addr
	b.Addr = address(1, 2)
	w.Place(b)
	assert.True(t, reaches(a, b))
	got, _ := w.judge(a, packet(old))
	assert.Nil(t, got, "nobody is at the old address any more")
	got, _ = w.judge(a, []byte{6 << 4})
	assert.Nil(t, got, "only IPv4")
}

func TestTheWeatherIsAsBadAsAskedFor(t *testing.T) {
	w := NewWire(1)
	a, b := &Host{Addr: address(0, 1)}, &Host{Addr: address(1, 1)}
	w.Place(a)
	w.Place(b)
	w.Turn(Weather{Loss: 0.2, Delay: 50 * time.Millisecond, Spread: 10 * time.Millisecond})
	for range 10_000 {
		if to, delay := w.judge(a, packet(b.Addr)); to != nil {
			assert.InDelta(t, 50*time.Millisecond, delay, float64(10*time.Millisecond))
		}
	}
	carried, lost := w.Packets()
	assert.Equal(t, 10_000, carried+lost)
	assert.InDelta(t, 2_000, lost, 200)
}

// address is the nth of a server.
func address(server, n int) netip.Addr {
	return netip.AddrFrom4([4]byte{192, 0, 2, byte(10*(server+1) + n)})
}
