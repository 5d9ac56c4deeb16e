package backplanetest

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testNames(t *testing.T, f *fixture) {
	seen := make(map[string]bool)
	for i := range f.planes {
		assert.NotEmpty(t, f.name(i))
		assert.NotContains(t, f.name(i), " ")
		assert.Equal(t, f.name(i), f.planes[i].Self(), "it does not change")
		assert.False(t, seen[f.name(i)], "%q is not unique", f.name(i))
		seen[f.name(i)] = true
	}
}

func testAttach(t *testing.T, f *fixture) {
	_, err := f.planes[0].Attach(newRecorder())
	require.Error(t, err, "there is one already")
	f.detach[0]()
	again := newRecorder()
	detach, err := f.planes[0].Attach(again)
	require.NoError(t, err)
	f.recorders[0], f.detach[0] = again, sync.OnceFunc(detach)
	f.subscribe(t, 0, "c")
	f.publish(t, 1, "c", "to the second", 1)
	assert.Equal(t, []event{{f.name(1), "c", []byte("to the second")}}, again.awaitCount(t, f.name(1), 1))
}

func testDelivery(t *testing.T, f *fixture) {
	f.subscribeAll(t, "c", "d")
	for i := range f.planes {
		f.publish(t, i, "c", "one", len(f.planes)-1)
		f.publish(t, i, "d", "", len(f.planes)-1)
		f.publish(t, i, "c", "\x00\xff two", len(f.planes)-1)
		f.publish(t, i, "nobody's", "three", 0)
		f.publish(t, i, "d", "end", len(f.planes)-1)
	}
	for i := range f.planes {
		for _, j := range f.others(i) {
			got := f.recorders[j].awaitCount(t, f.name(i), 4)
			require.Len(t, got, 4)
			assert.Empty(t, got[1].data)
			got[1].data = nil
			assert.Equal(t, []event{
				{f.name(i), "c", []byte("one")}, {f.name(i), "d", nil},
				{f.name(i), "c", []byte("\x00\xff two")}, {f.name(i), "d", []byte("end")},
			}, got)
		}
	}
}

func testChannelNames(t *testing.T, f *fixture) {
	names := []string{
		"Chat:group:a b", "*", "?", "Chat:*", "Chat:group:", "Chat:group", ":", "[a]", "Grüße 🎈", "chat:GROUP:a B",
		"a\nb", "\x00", strings.Repeat("long", 256), strings.Repeat("long", 256) + "!",
	}
	for _, name := range names {
		f.subscribe(t, 1, name)
	}
	for _, name := range names {
		f.publish(t, 0, name, name, 1)
		f.publish(t, 0, name+"x", "is another channel", 0)
	}
	f.publish(t, 0, "Chat:group:a", "is another channel", 0)
	got := f.recorders[1].awaitCount(t, f.name(0), len(names))
	require.Len(t, got, len(names))
	for k, e := range got {
		assert.Equal(t, names[k], e.channel)
		assert.Equal(t, names[k], string(e.data))
	}
}

func testNoEcho(t *testing.T, f *fixture) {
	f.subscribeAll(t, "c")
	f.publish(t, 0, "c", "hello", len(f.planes)-1)
	for _, j := range f.others(0) {
		f.recorders[j].awaitCount(t, f.name(0), 1)
		// An answer comes back later than an echo would.
		f.publish(t, j, "c", "answer", len(f.planes)-1)
		f.recorders[0].awaitCount(t, f.name(j), 1)
	}
	assert.Empty(t, f.recorders[0].from(f.name(0)))
}

func testCounts(t *testing.T, f *fixture) {
	for i := range f.planes {
		f.awaitSubscribers(t, i, "c", 0)
	}
	for i := range f.planes {
		f.subscribe(t, i, "c")
		for j := range f.planes {
			want := i + 1 // servers 0 to i
			if j <= i {
				want--
			}
			n, err := f.planes[j].Subscribers(t.Context(), "c")
			require.NoError(t, err)
			assert.Equal(t, want, n, "server %d when 0 to %d are subscribed", j, i)
			f.publish(t, j, "c", "x", want)
		}
	}
}

func testIdempotence(t *testing.T, f *fixture) {
	for range 3 {
		f.subscribe(t, 1, "c")
	}
	f.subscribe(t, 1, "end")
	f.publish(t, 0, "c", "once", 1)
	f.publish(t, 0, "end", "", 1)
	assert.Len(t, f.recorders[1].awaitMarker(t, f.name(0), "end"), 1)
	f.planes[1].Unsubscribe("c")
	f.planes[1].Unsubscribe("c")
	f.planes[1].Unsubscribe("never")
	f.awaitSubscribers(t, 0, "c", 0)
}

func testUnsubscribe(t *testing.T, f *fixture) {
	f.subscribeAll(t, "c", "end")
	f.publish(t, 0, "c", "before", len(f.planes)-1)
	f.recorders[1].awaitCount(t, f.name(0), 1) // what is on its way may miss its channel
	f.planes[1].Unsubscribe("c")
	f.awaitSubscribers(t, 0, "c", len(f.planes)-2)
	f.publish(t, 0, "c", "after", len(f.planes)-2)
	f.publish(t, 0, "end", "", len(f.planes)-1)
	got := f.recorders[1].awaitMarker(t, f.name(0), "end")
	require.Len(t, got, 1)
	assert.Equal(t, "before", string(got[0].data))

	f.subscribe(t, 1, "c")
	f.publish(t, 0, "c", "again", len(f.planes)-1)
	got = f.recorders[1].awaitCount(t, f.name(0), 3)
	assert.Equal(t, "again", string(got[2].data))
}

func testAlone(t *testing.T, f *fixture) {
	f.subscribe(t, 0, "c")
	f.publish(t, 0, "c", "hello", 0)
	f.awaitSubscribers(t, 0, "c", 0)
	f.planes[0].Unsubscribe("c")
	assert.Empty(t, f.recorders[0].from(f.name(0)))
}

func testEndedContexts(t *testing.T, f *fixture) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.planes[1].Subscribe(over, "c"); err != nil {
		require.ErrorIs(t, err, context.Canceled)
	}
	f.awaitSubscribers(t, 0, "c", 1) // subscribed all the same
	f.subscribe(t, 1, "end")
	n, err := f.planes[0].Publish(over, "c", []byte("perhaps"))
	if err != nil {
		require.ErrorIs(t, err, context.Canceled)
	}
	f.publish(t, 0, "end", "", 1)
	if got := f.recorders[1].awaitMarker(t, f.name(0), "end"); err == nil {
		assert.Equal(t, 1, n)
		assert.Len(t, got, 1, "what was accepted arrives")
	}
}

func testLeaving(t *testing.T, f *fixture) {
	leaver := len(f.planes) - 1
	c, ok := f.planes[leaver].(io.Closer)
	if !ok {
		return
	}
	f.subscribeAll(t, "c")
	const farewells = 100
	for range farewells {
		f.publish(t, leaver, "c", "bye", len(f.planes)-1)
	}
	f.detach[leaver]()
	require.NoError(t, c.Close())
	for i := range leaver {
		f.recorders[i].await(t, "news that the server left", func() bool { return len(f.recorders[i].left) > 0 })
		assert.Equal(t, []string{f.name(leaver)}, f.recorders[i].gone())
		got := f.recorders[i].awaitCount(t, f.name(leaver), farewells)
		assert.Len(t, got, farewells, "what it published before it left")
		f.awaitSubscribers(t, i, "c", len(f.planes)-2)
		f.publish(t, i, "c", "to the rest", len(f.planes)-2)
	}
	for i := range leaver {
		for _, j := range f.others(i) {
			if j != leaver {
				f.recorders[j].awaitCount(t, f.name(i), 1)
			}
		}
	}
}

func testClosed(t *testing.T, f *fixture) {
	c, ok := f.planes[0].(io.Closer)
	if !ok {
		return
	}
	f.detach[0]()
	require.NoError(t, c.Close())
	require.NoError(t, c.Close(), "again")
	_, closed := f.planes[0].Attach(newRecorder())
	require.Error(t, closed)
	require.ErrorIs(t, f.planes[0].Subscribe(t.Context(), "c"), closed, "the same error from every method")
	_, err := f.planes[0].Publish(t.Context(), "c", nil)
	require.ErrorIs(t, err, closed)
	_, err = f.planes[0].Subscribers(t.Context(), "c")
	require.ErrorIs(t, err, closed)
	f.planes[0].Unsubscribe("c")
}
