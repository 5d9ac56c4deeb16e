package bridge

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/exchange"
)

func name(text string) exchange.Name { return exchange.Name{Kind: exchange.Channel, Text: text} }

func TestEchoesAreDroppedOnceAndInTheirOrder(t *testing.T) {
	e := newEchoes()
	both := []exchange.Name{name("c"), {Kind: exchange.Pattern, Text: "*"}}
	e.expect(both, "c", "x")
	e.expect(both, "c", "y")
	assert.False(t, e.mine(both[0], "c", "y"), "x comes first")
	assert.True(t, e.mine(both[0], "c", "x"))
	assert.False(t, e.mine(both[0], "c", "x"), "somebody else's")
	assert.True(t, e.mine(both[1], "c", "x"), "once by each subscription")
	refused := e.expect(both, "c", "z")
	e.forget(both, refused)
	assert.True(t, e.mine(both[0], "c", "y"))
	assert.True(t, e.mine(both[1], "c", "y"))
	assert.False(t, e.mine(both[0], "c", "z"))
	assert.Empty(t, e.expected)
}

func TestAQueueIsBounded(t *testing.T) {
	q := newQueue[int](3 * itemCost)
	assert.True(t, q.put(1, 1<<20), "one is always taken")
	assert.False(t, q.put(2, 0))
	items, more := q.take()
	assert.Equal(t, []int{1}, items)
	assert.True(t, more)
	assert.True(t, q.put(3, itemCost))
	assert.True(t, q.put(4, 0))
	assert.False(t, q.put(5, 0))
	q.close()
	assert.False(t, q.put(6, 0))
	items, more = q.take()
	assert.Equal(t, []int{3, 4}, items)
	assert.False(t, more)
}

func TestWantsAreWhatChangedAndOnlyOnce(t *testing.T) {
	w := newWants()
	w.set(name("a"), true, true)
	w.set(name("a"), false, true)
	w.set(name("gone"), false, true)
	w.set(name("gone"), false, false)
	w.set(name("never"), false, false)
	subscribe, unsubscribe := w.next()
	assert.Equal(t, []exchange.Name{name("a")}, subscribe)
	assert.Empty(t, unsubscribe)
	assert.True(t, w.wantedHere(name("a")))
	w.set(name("a"), true, false)
	assert.False(t, w.wantedHere(name("a")))
	subscribe, unsubscribe = w.next()
	assert.Empty(t, append(subscribe, unsubscribe...), "others want it still")
	w.set(name("a"), false, false)
	w.set(name("a"), false, true) // as when a server tells all it wants anew
	subscribe, unsubscribe = w.next()
	assert.Empty(t, append(subscribe, unsubscribe...))
	w.set(name("a"), false, false)
	_, unsubscribe = w.next()
	assert.Equal(t, []exchange.Name{name("a")}, unsubscribe)
	assert.Empty(t, w.names)
	assert.Zero(t, w.subscriptions())
	for i := range maxNames + 1 {
		w.set(name(string(rune(i))), true, true)
	}
	subscribe, _ = w.next()
	assert.Len(t, subscribe, maxNames)
	subscribe, _ = w.next()
	assert.Len(t, subscribe, 1)
}

// Who bridges and does not answer costs one wait, not one for each message.
func TestASilentBridgeIsWaitedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsks(time.Second)
		began := time.Now()
		var last *ask
		for range 100 {
			last = a.open()
			_, ok := last.wait(t.Context())
			assert.False(t, ok)
		}
		assert.Equal(t, time.Second, time.Since(began))
		assert.Empty(t, a.pending)
		a.settle(answer{id: last.id}) // late
		q := a.open()
		go func() {
			time.Sleep(time.Second / 2)
			a.settle(answer{id: q.id, subscribers: 3})
		}()
		got, ok := q.wait(t.Context())
		assert.True(t, ok, "it is waited for again")
		assert.Equal(t, 3, got.subscribers)

		q = a.open()
		a.abandon()
		_, ok = q.wait(t.Context())
		assert.False(t, ok)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, ok = a.open().wait(ctx)
		assert.False(t, ok)
		assert.False(t, a.silent.Load(), "who asked went away")
	})
}

func TestALeaseIsReliedOnForLessThanItLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l lease
		assert.False(t, l.holds())
		l.extend(time.Now())
		time.Sleep(leaseTime - leaseMargin - time.Nanosecond)
		assert.True(t, l.holds())
		time.Sleep(time.Nanosecond)
		assert.False(t, l.holds())
	})
}

func TestAddressesAreCheckedAndKeepTheirSecrets(t *testing.T) {
	for text, want := range map[string]string{
		"redis://old": "old:6379", "redis://hub:secret@old:1": "old:1", "rediss://:secret@old": "old:6379", "redis://old/0": "old:6379",
	} {
		a, err := ParseURL(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, a.String())
	}
	for _, text := range []string{"old:6379", "http://:secret@old", "redis://:secret@old/1", "redis://:secret@old:port", "unix:///tmp/secret", "redis://:secret@old?addr=other:1", ":secret"} {
		_, err := ParseURL(text)
		require.Error(t, err, text)
		assert.NotContains(t, err.Error(), "secret")
	}
	a, err := ParseURL("rediss://hub:secret@old")
	require.NoError(t, err)
	assert.Equal(t, "old", a.option.TLSConfig.ServerName)
	_, err = New(Options{Redis: "x", Queue: -1})
	assert.ErrorContains(t, err, "Plane is required")
	assert.ErrorContains(t, err, "redis://user:password@host:port")
	assert.ErrorContains(t, err, "is negative")
}
