package backplanetest

import (
	"encoding/binary"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// fromAll publishes from every server at once, in so many goroutines each, and
// waits until they are done.
func (f *fixture) fromAll(t *testing.T, goroutines int, publish func(server, goroutine int) error) {
	t.Helper()
	errs := make(chan error, len(f.planes)*goroutines)
	var wg sync.WaitGroup
	for i := range f.planes {
		for g := range goroutines {
			wg.Go(func() { errs <- publish(i, g) })
		}
	}
	wg.Wait()
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
}

// testOrder has several goroutines of each server publish on channels of their
// own and on common ones.
func testOrder(t *testing.T, f *fixture) {
	const goroutines, messages = 8, 300
	f.subscribeAll(t, "0", "1", "2", "3", "common")
	f.fromAll(t, goroutines, func(i, g int) error {
		for k := range messages {
			channel := fmt.Sprint(g % 4)
			if g < 4 {
				channel = "common"
			}
			if _, err := f.tryPublish(t.Context(), i, channel, fmt.Appendf(nil, "%d %d", g, k)); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range f.planes {
		for _, j := range f.others(i) {
			got := f.recorders[j].awaitCount(t, f.name(i), goroutines*messages)
			require.Len(t, got, goroutines*messages)
			var next [goroutines]int
			for _, e := range got {
				var g, k int
				_, err := fmt.Sscan(string(e.data), &g, &k)
				require.NoError(t, err)
				require.Equal(t, next[g], k, "goroutine %d of server %d", g, i)
				next[g]++
			}
		}
	}
}

func testOrderAcrossChannels(t *testing.T, f *fixture) {
	const messages = 500
	channels := []string{"a", "b", "c", "d", "e"}
	f.subscribeAll(t, channels...)
	f.fromAll(t, 1, func(i, _ int) error {
		for k := range messages {
			// Large and small ones take different ways perhaps.
			data := binary.BigEndian.AppendUint32(nil, uint32(k))
			data = append(data, make([]byte, k%7*3000)...)
			if _, err := f.tryPublish(t.Context(), i, channels[k%len(channels)], data); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range f.planes {
		for _, j := range f.others(i) {
			got := f.recorders[j].awaitCount(t, f.name(i), messages)
			require.Len(t, got, messages)
			for k, e := range got {
				require.Equal(t, channels[k%len(channels)], e.channel)
				require.Equal(t, uint32(k), binary.BigEndian.Uint32(e.data))
			}
		}
	}
}

func testBurst(t *testing.T, f *fixture) {
	const messages, size = 10_000, 256
	f.subscribeAll(t, "c", "end")
	f.fromAll(t, 1, func(i, _ int) error {
		for k := range messages {
			data := make([]byte, size)
			binary.BigEndian.PutUint32(data, uint32(k))
			n, err := f.tryPublish(t.Context(), i, "c", data)
			if err != nil {
				return err
			}
			if n != len(f.planes)-1 {
				return fmt.Errorf("message %d of server %d went to %d servers", k, i, n)
			}
		}
		_, err := f.tryPublish(t.Context(), i, "end", nil)
		return err
	})
	for i := range f.planes {
		for _, j := range f.others(i) {
			got := f.recorders[j].awaitMarker(t, f.name(i), "end")
			require.Len(t, got, messages)
			for k, e := range got {
				require.Equal(t, uint32(k), binary.BigEndian.Uint32(e.data))
				require.Len(t, e.data, size)
			}
		}
	}
}
