package backplanetest

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// testReadYourWrites publishes from every other server the moment Subscribe has
// returned.
func testReadYourWrites(t *testing.T, f *fixture) {
	const rounds = 300
	for k := range rounds {
		i := k % len(f.planes)
		channel := fmt.Sprintf("round %d", k)
		f.subscribe(t, i, channel)
		for _, j := range f.others(i) {
			f.publish(t, j, channel, channel, 1)
		}
		if k%3 == 0 {
			f.planes[i].Unsubscribe(channel)
		}
	}
	// What is at the end of the order says that all before it is there.
	f.subscribeAll(t, "end")
	for i := range f.planes {
		f.publish(t, i, "end", "", len(f.planes)-1)
	}
	for i := range f.planes {
		for _, j := range f.others(i) {
			got := f.recorders[i].awaitMarker(t, f.name(j), "end")
			arrived := make(map[string]int)
			for _, e := range got {
				arrived[e.channel]++
			}
			for k := i; k < rounds; k += len(f.planes) {
				if k%3 == 0 {
					continue // unsubscribed before it need have arrived
				}
				require.Equal(t, 1, arrived[fmt.Sprintf("round %d", k)], "round %d, from %d to %d", k, j, i)
			}
		}
	}
}

// testChangingInterest has every server subscribe and unsubscribe without pause,
// some of it from several goroutines at once, while it publishes on a channel
// that all stay subscribed to. That one loses nothing, and in the end everybody
// knows who is subscribed to what.
func testChangingInterest(t *testing.T, f *fixture) {
	const channels, changes, messages = 4, 30, 200
	f.subscribeAll(t, "steady")
	f.fromAll(t, channels+3, func(i, g int) error {
		if g == channels { // publishes
			for k := range messages {
				if _, err := f.tryPublish(t.Context(), i, "steady", binary.BigEndian.AppendUint32(nil, uint32(k))); err != nil {
					return err
				}
			}
			return nil
		}
		for k := range changes {
			channel := fmt.Sprint("changing ", g)
			if g > channels { // two goroutines of every server
				channel = fmt.Sprint("shared ", k%2)
			}
			if err := f.planes[i].Subscribe(t.Context(), channel); err != nil {
				return err
			}
			if _, err := f.tryPublish(t.Context(), i, channel, nil); err != nil {
				return err
			}
			if stays := g < channels && g%2 == 0 && k == changes-1; !stays {
				f.planes[i].Unsubscribe(channel)
			}
			if _, err := f.planes[i].Subscribers(t.Context(), channel); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range f.planes {
		for g := range channels {
			want := 0
			if g%2 == 0 {
				want = len(f.planes) - 1
			}
			f.awaitSubscribers(t, i, fmt.Sprint("changing ", g), want)
		}
		f.awaitSubscribers(t, i, "shared 0", 0)
		f.awaitSubscribers(t, i, "shared 1", 0)
		for _, j := range f.others(i) {
			f.requireSteady(t, i, j, messages)
		}
	}
}

// requireSteady requires that server j gets so many numbered messages of server
// i on the channel steady, in order.
func (f *fixture) requireSteady(t *testing.T, i, j, messages int) {
	t.Helper()
	steady := func() (got []event) {
		for _, e := range f.recorders[j].events[f.name(i)] {
			if e.channel == "steady" {
				got = append(got, e)
			}
		}
		return got
	}
	f.recorders[j].await(t, fmt.Sprintf("%d messages from %s", messages, f.name(i)), func() bool { return len(steady()) >= messages })
	f.recorders[j].mu.Lock()
	defer f.recorders[j].mu.Unlock()
	got := steady()
	require.Len(t, got, messages)
	for k, e := range got {
		require.Equal(t, uint32(k), binary.BigEndian.Uint32(e.data))
	}
}
