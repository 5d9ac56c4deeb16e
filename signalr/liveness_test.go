package signalr

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
)

func contextWithTimeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

func TestLiveness(t *testing.T) {
	by := limits{keepAlive: 15 * time.Second, client: 30 * time.Second, handshake: 15 * time.Second}
	zero := time.Now()
	at := func(seconds int) time.Time { return zero.Add(time.Duration(seconds) * time.Second) }

	l := liveness{opened: zero}
	assert.Equal(t, alive, l.tick(at(14), by))
	assert.Equal(t, handshakeLate, l.tick(at(15), by))

	l.established(at(1))
	assert.Equal(t, alive, l.tick(at(15), by))
	assert.Equal(t, needsPing, l.tick(at(16), by))
	assert.Equal(t, alive, l.tick(at(17), by), "once")
	assert.Equal(t, needsPing, l.tick(at(31), by))
	assert.Equal(t, needsPing, l.tick(at(100), by), "a client that never pings is never lost")

	l.armed = true
	l.received()
	assert.Equal(t, needsPing, l.tick(at(200), by), "the clock stands while messages are dispatched")
	l.done(at(200))
	assert.Equal(t, alive, l.tick(at(201), by))
	assert.Equal(t, needsPing, l.tick(at(229), by))
	assert.Equal(t, silent, l.tick(at(230), by))
}

// pings counts the pings a client gets in the time given.
func pings(c *client, d time.Duration) (n int) {
	for end := time.After(d); ; {
		select {
		case <-end:
			return n
		case f := <-c.frames:
			if ping, _ := c.protocol.Append(nil, protocol.Ping{}); string(f.data) == string(ping) {
				n++
			}
		}
	}
}

func TestServerPings(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		synctest.Test(t, func(t *testing.T) {
			c := start(t, options(newTestHub())).connect("/hub", p)
			assert.Equal(t, 4, pings(c, 65*time.Second))
		})
	})
}

func TestSilentClientsAreClosedOnceTheyHavePinged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		o := options(hub)
		o.DetailedErrors = true
		s := start(t, o)
		quiet := s.connect("/hub", protocol.JSON())
		c := s.connect("/hub", protocol.JSON())
		c.send(protocol.Ping{})
		time.Sleep(20 * time.Second)
		assert.Equal(t, "any message counts", result[string](c, "Echo", "any message counts"))
		begin := time.Now()
		want := "Connection closed with an error. OperationCanceledException: Client hasn't sent a message/ping within the configured ClientTimeoutInterval."
		assert.Equal(t, protocol.Close{Error: want, AllowReconnect: true}, c.next())
		assert.InDelta(t, 30, time.Since(begin).Seconds(), 1.1)
		assert.Equal(t, errClientTimeout, <-hub.disconnected)
		assert.Equal(t, "alive", result[string](quiet, "Echo", "alive"))
	})
}

func TestWaitingForAPermitStopsTheClientsClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		c := start(t, options(hub)).connect("/hub", protocol.JSON())
		c.send(protocol.Ping{})
		c.start("Hold")
		<-hub.held
		c.start("Hold") // waits for a permit, and the reader with it
		assert.Equal(t, 6, pings(c, 100*time.Second), "the connection lives on")
		close(hub.hold)
	})
}
