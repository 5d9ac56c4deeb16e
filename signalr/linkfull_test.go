package signalr

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAFullBufferHoldsUpItsConnectionOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := statefulOptions(newTestHub())
		o.StatefulBuffer = 1000
		s := start(t, o)
		r := s.roam(protocol.JSON(), "")
		other := s.roam(protocol.JSON(), "")
		all := s.Hub("/hub").Clients(t.Context()).All()
		text := strings.Repeat("x", 400)
		for i := range 10 {
			require.NoError(t, all.Send("hear", text), "sending does not wait")
			assert.Equal(t, text, other.received("hear"))
			other.send(protocol.Ack{SequenceID: int64(i + 1)})
			synctest.Wait()
		}
		for range 3 { // the third is the one that overshoots
			assert.Equal(t, text, r.received("hear"))
		}
		assert.Empty(t, r.frames)

		// Acks and pings are written all the same, once.
		r.send(protocol.Invocation{Target: "Nothing", Arguments: []any{}})
		assert.Equal(t, protocol.Ack{SequenceID: 1}, r.next())
		time.Sleep(16 * time.Second)
		synctest.Wait()
		assert.Equal(t, `{"type":6}`+"\x1e", string(r.frame().data))
		assert.Empty(t, r.frames)

		r.send(protocol.Ack{SequenceID: 1})
		assert.Equal(t, text, r.received("hear"), "there is room for one")
		synctest.Wait()
		assert.Empty(t, r.frames)
		r.cut() // what waits behind the buffer comes after what is in it
		r.resumes(2, 2)
		for range 3 {
			assert.Equal(t, text, r.received("hear"))
		}
		synctest.Wait()
		assert.Empty(t, r.frames)
		for n := range 6 { // a client acknowledges only what it has received
			r.send(protocol.Ack{SequenceID: int64(n + 2)})
			assert.Equal(t, text, r.received("hear"))
		}
	})
}

func TestFullOutboxesEndConnectionsThatAcknowledgeNothing(t *testing.T) {
	hub := newTestHub()
	o := statefulOptions(hub)
	o.StatefulBuffer, o.OutboxSize = 1000, 10_000
	s := start(t, o)
	r := s.roam(protocol.JSON(), "")
	<-hub.connected
	r.cut()
	caller := s.Hub("/hub").Clients(t.Context()).All()
	for len(hub.disconnected) == 0 && testutil.ToFloat64(s.metrics.slow) == 0 {
		require.NoError(t, caller.Send("hear", strings.Repeat("x", 400)))
	}
	assert.ErrorIs(t, <-hub.disconnected, ErrSlow)
}

func TestAFullBufferSlowsStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		o := statefulOptions(hub)
		o.StatefulBuffer, o.OutboxSize = 1000, 4000
		s := start(t, o)
		r := s.roam(protocol.JSON(), "")
		r.send(protocol.Invocation{InvocationID: "s", Target: "Pages", Arguments: []any{100}, Stream: true})
		for n := int64(1); ; n++ {
			synctest.Wait()
			if completion, ok := r.nextTracked().(protocol.Completion); ok {
				assert.Empty(t, completion.Error)
				assert.EqualValues(t, 101, n)
				break
			}
			r.send(protocol.Ack{SequenceID: n})
		}
		assert.Empty(t, hub.disconnected)
	})
}

// Pages streams n texts of 400 bytes.
func (*testHub) Pages(n int) <-chan string {
	pages := make(chan string, n)
	for range n {
		pages <- strings.Repeat("x", 400)
	}
	close(pages)
	return pages
}

// nextTracked is next for messages that count.
func (c *client) nextTracked() protocol.Message {
	for {
		if m := c.next(); protocol.IsTracked(m) {
			return m
		}
	}
}

func TestVersion1HasNoStatefulReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, statefulOptions(hub))
		token := s.statefulToken()
		c := s.dial("/hub?id="+token, protocol.JSON())
		isPlain(t, s.upgrade("/hub?id="+token), 409, "")
		c.shakeHands()
		assert.Equal(t, "x", result[string](c, "Echo", "x"))
		c.send(protocol.Sequence{SequenceID: 100}) // means nothing
		time.Sleep(5 * time.Second)
		synctest.Wait()
		assert.Empty(t, c.frames, "nothing is acknowledged")
		isPlain(t, s.upgrade("/hub?id="+token), 409, "")
		c.ws.NetConn().Close()
		assert.NoError(t, <-hub.disconnected)
		synctest.Wait()
		isPlain(t, s.upgrade("/hub?id="+token), 404, "No Connection with that ID")
	})
}

func TestOtherTransportsHaveNoStatefulReconnect(t *testing.T) {
	s := start(t, statefulOptions(newTestHub()))
	token := s.statefulToken()
	require.Equal(t, 200, s.poll(token).status)
	require.Equal(t, 200, s.post(token, `{"protocol":"json","version":2}`+"\x1e").status)
	assert.Equal(t, "{}\x1e", s.poll(token).body)
	isPlain(t, s.upgrade("/hub?id="+token), 400, "Cannot change transports mid-connection")
}

func TestServersEndWhileClientsAreAway(t *testing.T) {
	for name, end := range map[string]func(s *site){
		"Shutdown": func(s *site) { require.NoError(s.t, s.Shutdown(s.t.Context())) },
		"Close":    func(s *site) { require.NoError(s.t, s.Close()) },
	} {
		t.Run(name, func(t *testing.T) {
			hub := newTestHub()
			o := statefulOptions(hub)
			o.StatefulBuffer = 1
			s := start(t, o)
			r := s.roam(protocol.JSON(), "")
			<-hub.connected
			r.cut()
			for i := range 10 { // the writer waits for room
				require.NoError(t, s.Hub("/hub").Clients(t.Context()).All().Send("hear", fmt.Sprint(i)))
			}
			end(s)
			assert.NoError(t, <-hub.disconnected)
			isPlain(t, s.upgrade("/hub?id="+r.token), 404, "No Connection with that ID")
		})
	}
}

// A connection that ends while its old socket is being given up takes no new one.
func TestTakeoversEndWithTheirConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, statefulOptions(newTestHub()))
		r := s.roam(protocol.JSON(), "")
		c := s.Hub("/hub").registry.connection(result[string](r.client, "ID"))
		synctest.Wait()
		c.link.mu.Lock()
		c.link.writing = true // and does not come to an end
		c.link.mu.Unlock()
		answer := later(func() reply { return s.upgrade("/hub?id=" + r.token) })
		assert.Error(t, r.ended(), "the old socket is given up")
		isPlain(t, s.upgrade("/hub?id="+r.token), 409, "") // one at a time
		require.True(t, c.abort())
		isPlain(t, <-answer, 204, "")
	})
}

// The socket of a request whose connection ended during the upgrade is closed.
func TestSocketsForConnectionsThatEndedAreClosed(t *testing.T) {
	s := start(t, statefulOptions(newTestHub()))
	r := s.roam(protocol.JSON(), "")
	c := s.Hub("/hub").registry.connection(result[string](r.client, "ID"))
	require.Nil(t, c.link.vacate(t.Context()))
	ws := s.open("/hub") // any other
	defer ws.NetConn().Close()
	require.True(t, c.abort())
	socket := newWebSocket(ws, time.Second)
	c.link.attach(socket)
	assert.Error(t, ws.WriteMessage(1, nil))
}
