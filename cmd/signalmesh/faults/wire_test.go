//go:build linux

package main

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
	w := newWire(1)
	a, b, c := &host{addr: address(0, 1)}, &host{addr: address(1, 1)}, &host{addr: address(2, 1)}
	for _, h := range []*host{a, b, c} {
		w.place(h)
	}
	reaches := func(from, to *host) bool {
		got, delay := w.judge(from, packet(to.addr))
		assert.Zero(t, delay)
		return got == to
	}
	assert.True(t, reaches(a, b))
	w.block(a, b)
	assert.False(t, reaches(a, b))
	assert.False(t, reaches(b, a))
	assert.True(t, reaches(a, c))
	w.unblock(b, a)
	assert.True(t, reaches(a, b))

	old := b.addr
	b.addr = address(1, 2)
	w.place(b)
	assert.True(t, reaches(a, b))
	got, _ := w.judge(a, packet(old))
	assert.Nil(t, got, "nobody is at the old address any more")
	got, _ = w.judge(a, []byte{6 << 4})
	assert.Nil(t, got, "only IPv4")
}

func TestTheWeatherIsAsBadAsAskedFor(t *testing.T) {
	w := newWire(1)
	a, b := &host{addr: address(0, 1)}, &host{addr: address(1, 1)}
	w.place(a)
	w.place(b)
	w.turn(weather{loss: 0.2, delay: 50 * time.Millisecond, spread: 10 * time.Millisecond})
	for range 10_000 {
		if to, delay := w.judge(a, packet(b.addr)); to != nil {
			assert.InDelta(t, 50*time.Millisecond, delay, float64(10*time.Millisecond))
		}
	}
	carried, lost := w.packets()
	assert.Equal(t, 10_000, carried+lost)
	assert.InDelta(t, 2_000, lost, 200)
}
