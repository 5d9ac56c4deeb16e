package signalr

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOutboxKeepsOrderForASlowClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o *outbox
		var got strings.Builder
		writers := 0
		done := make(chan struct{})
		o = newOutbox(1<<20, func() {
			writers++
			frames, over := o.take(nil)
			for len(frames) > 0 {
				for _, f := range frames {
					got.Write(f)
				}
				time.Sleep(time.Second) // costs no real time
				frames, over = o.take(frames[:0])
			}
			if over {
				close(done)
			}
		})
		for c := byte('a'); c < 'z'; c++ {
			require.NoError(t, o.put([]byte{c}))
			time.Sleep(300 * time.Millisecond)
			if c == 'm' {
				time.Sleep(time.Minute)
			}
		}
		o.seal([]byte("z"), false)
		require.NoError(t, o.put([]byte("after the end")))
		<-done
		assert.Equal(t, "abcdefghijklmnopqrstuvwxyz", got.String())
		assert.Equal(t, 2, writers, "one until nothing waited, and one after that")
	})
}

func TestIdleOutboxesKeepRoomForFewFramesOnly(t *testing.T) {
	for _, test := range []struct{ frames, kept int }{{1, 1}, {spareFrames, spareFrames}, {100, 0}} {
		o := newOutbox(1<<20, func() {})
		for range test.frames {
			require.NoError(t, o.put([]byte("x")))
		}
		frames, _ := o.take(nil)
		frames, over := o.take(frames[:0])
		assert.Nil(t, frames)
		assert.False(t, over)
		assert.Equal(t, test.kept, cap(o.frames))
	}
}

func TestOutboxIsBounded(t *testing.T) {
	frame := make([]byte, 100-frameOverhead)
	o := newOutbox(300, func() {})
	assert.True(t, o.idle())
	for range 3 {
		require.NoError(t, o.put(frame))
	}
	assert.ErrorIs(t, o.put(frame), ErrSlow)
	frames, _ := o.take(nil)
	assert.Len(t, frames, 3)
	assert.ErrorIs(t, o.put(frame), ErrSlow, "what is being written still waits")
	assert.False(t, o.idle())
	o.seal(nil, true)
	_, over := o.take(frames[:0])
	assert.True(t, over)
	assert.True(t, o.idle())
}

func TestOutboxTakesAnythingWhenItIsEmpty(t *testing.T) {
	o := newOutbox(10, func() {})
	require.NoError(t, o.put(make([]byte, 1000)))
	assert.ErrorIs(t, o.put(nil), ErrSlow)
}

func TestSealMayDiscard(t *testing.T) {
	o := newOutbox(1000, func() {})
	require.NoError(t, o.put([]byte("a")))
	o.seal([]byte("last"), true)
	o.seal([]byte("too late"), false)
	frames, over := o.take(nil)
	assert.False(t, over)
	assert.Equal(t, [][]byte{[]byte("last")}, frames)
}

func TestLimiterRunsSoManyAtATimeInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l limiter
		l.init(2)
		started := make(chan int, 10)
		release := make(chan struct{})
		go func() {
			for i := range 5 {
				assert.True(t, l.run(t.Context(), func(*permit) { started <- i; <-release }))
			}
		}()
		synctest.Wait()
		assert.Len(t, started, 2)
		for range 5 {
			release <- struct{}{}
			synctest.Wait()
		}
		l.wait()
		got := make(map[int]bool)
		for range 5 {
			got[<-started] = true
		}
		assert.Len(t, got, 5)
	})
}

func TestReleasedPermitsLetTheNextOneRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l limiter
		l.init(1)
		var order []string
		first := make(chan struct{})
		var kept *permit
		require.True(t, l.run(t.Context(), func(p *permit) {
			p.release()
			<-first
			order = append(order, "first")
			p.release() // a second time it has no effect
			kept = p
		}))
		second := make(chan struct{})
		for _, name := range []string{"second", "third"} { // the third waits for the second only
			require.True(t, l.run(t.Context(), func(*permit) {
				if name == "second" {
					<-second
				}
				order = append(order, name)
			}))
			if name == "second" {
				go func() { synctest.Wait(); close(second) }()
			}
		}
		synctest.Wait()
		close(first)
		l.wait()
		assert.Equal(t, []string{"second", "third", "first"}, order)
		kept.release()
		(*permit)(nil).release()
		assert.Equal(t, 1, l.free)
	})
}

func TestAReleasedPermitStartsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l limiter
		l.init(1)
		release, end := make(chan struct{}), make(chan struct{})
		require.True(t, l.run(t.Context(), func(p *permit) { <-release; p.release(); <-end }))
		ran := make(chan struct{})
		go func() { assert.True(t, l.run(t.Context(), func(*permit) { close(ran) })) }()
		synctest.Wait()
		close(release)
		<-ran
		close(end)
		l.wait()
		assert.Equal(t, 1, l.free)
	})
}

// slowHub floods whoever asks for it.
type slowHub struct{}

func (slowHub) Flood(call *Call, n int) error {
	text := strings.Repeat("x", 1000)
	for range n {
		if err := call.Clients().All().Send("hear", text); err != nil {
			return err
		}
	}
	return nil
}

func TestSlowClientsAreClosedAndNobodyElseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options(slowHub{})
		o.OutboxSize = 200_000 // one flood is 54,000; two may wait, one of them half written
		s := start(t, o)
		s.connectStuck("/hub")
		c := s.connect("/hub", protocol.JSON())
		begin := time.Now()
		for range 20 {
			c.send(protocol.Invocation{Target: "Flood", Arguments: []any{50}})
			for range 50 {
				c.received("hear")
			}
		}
		assert.Zero(t, time.Since(begin))
		time.Sleep(o.WriteTimeout + 20*time.Second)
		synctest.Wait()
		assert.EqualValues(t, 1, testutil.ToFloat64(s.metrics.slow))
		assert.EqualValues(t, 1, testutil.ToFloat64(s.metrics.connections))
	})
}

func TestStalledWritesEndTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		s.connectStuck("/hub")
		<-hub.connected
		begin := time.Now()
		require.NoError(t, s.Hub("/hub").Clients(t.Context()).All().Send("hear", "x"))
		assert.NoError(t, <-hub.disconnected)
		assert.Equal(t, 10*time.Second, time.Since(begin))
	})
}
