package backplanetest

import (
	"bytes"
	"context"
	"encoding/binary"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testLargePayloads(t *testing.T, f *fixture) {
	f.subscribeAll(t, "c")
	sizes := []int{1 << 20, 3, 5 << 20, 1<<16 + 1, 1 << 20}
	f.fromAll(t, 1, func(i, _ int) error {
		for k, size := range sizes {
			if _, err := f.tryPublish(t.Context(), i, "c", pattern(size, i, k)); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range f.planes {
		for _, j := range f.others(i) {
			got := f.recorders[j].awaitCount(t, f.name(i), len(sizes))
			require.Len(t, got, len(sizes))
			for k, size := range sizes {
				require.True(t, bytes.Equal(pattern(size, i, k), got[k].data), "message %d of server %d", k, i)
			}
		}
	}
}

// pattern returns bytes that no other server and message has. Their period is a
// prime, so that a piece in the wrong place shows.
func pattern(size, i, k int) []byte {
	const period = 65_521
	b := make([]byte, size)
	for at := range min(size, period) {
		b[at] = byte(at>>8) ^ byte(at*7) ^ byte(i<<6) ^ byte(k*31)
	}
	for filled := period; filled < size; filled *= 2 {
		copy(b[filled:], b[:filled])
	}
	return b
}

func testTooLarge(t *testing.T, f *fixture) {
	f.subscribeAll(t, "c", "end")
	_, err := f.tryPublish(t.Context(), 0, "c", make([]byte, 17<<20))
	require.Error(t, err)
	require.False(t, ended(err), "it is not for want of time: %v", err)
	f.publish(t, 0, "end", "", len(f.planes)-1)
	for _, j := range f.others(0) {
		assert.Empty(t, f.recorders[j].awaitMarker(t, f.name(0), "end"))
	}
}

// A holder is a Receiver that does not take what it gets until it may.
type holder struct {
	*recorder
	open chan struct{}
}

func (h *holder) Receive(from, channel string, data []byte) {
	<-h.open
	h.recorder.Receive(from, channel, data)
}

// testBackPressure publishes to a server that takes nothing until a Publish has
// had to wait for longer than its context, or a good deal is under way. Then all
// that was accepted must arrive.
func testBackPressure(t *testing.T, f *fixture) {
	const most, size, wait = 128, 512 << 10, 250 * time.Millisecond
	f.detach[1]()
	h := &holder{f.recorders[1], make(chan struct{})}
	release := sync.OnceFunc(func() { close(h.open) })
	t.Cleanup(release) // before the backplanes are closed
	detach, err := f.planes[1].Attach(h)
	require.NoError(t, err)
	f.detach[1] = sync.OnceFunc(detach)
	f.subscribe(t, 1, "c")
	f.subscribe(t, 1, "end")

	accepted := 0
	for ; accepted < most; accepted++ {
		data := make([]byte, size)
		binary.BigEndian.PutUint32(data, uint32(accepted))
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		_, err := f.planes[0].Publish(ctx, "c", data)
		cancel()
		if err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			break
		}
	}
	release()
	f.publish(t, 0, "end", "", 1)
	got := f.recorders[1].awaitMarker(t, f.name(0), "end")
	require.GreaterOrEqual(t, len(got), accepted, "what was accepted arrives")
	require.LessOrEqual(t, len(got), accepted+1, "only what failed last may arrive besides")
	for k, e := range got {
		require.Equal(t, uint32(k), binary.BigEndian.Uint32(e.data))
	}
}
