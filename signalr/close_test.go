package signalr

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConnectionsEndAsTheReferenceSays(t *testing.T) {
	for _, test := range []struct {
		name         string
		end          func(s *site, c *client)
		close        *protocol.Close // nil: none can be read
		code         int
		disconnected string // text of the error; empty: none
	}{
		{
			name:  "client sends Close",
			end:   func(s *site, c *client) { c.send(protocol.Close{}) },
			close: &protocol.Close{}, code: 1000,
		}, {
			name:  "client sends Close with an error",
			end:   func(s *site, c *client) { c.send(protocol.Close{Error: "mine"}) },
			close: &protocol.Close{}, code: 1000, disconnected: "mine",
		}, {
			name: "client sends a close frame without status",
			end: func(s *site, c *client) {
				c.ws.WriteControl(websocket.CloseMessage, nil, time.Now().Add(time.Second))
			},
			code: 1000,
		}, {
			name: "client sends a close frame with a status",
			end: func(s *site, c *client) {
				c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1001, "bye"), time.Now().Add(time.Second))
			},
			code: 1000,
		}, {
			name: "client is lost in mid-message",
			end: func(s *site, c *client) {
				c.sendText(`{"type":`)
				c.ws.WriteControl(websocket.CloseMessage, nil, time.Now().Add(time.Second))
			},
			code: 1000, disconnected: "Connection terminated while reading a message.",
		}, {
			name:  "hub aborts",
			end:   func(s *site, c *client) { c.send(protocol.Invocation{Target: "Abort", Arguments: []any{}}) },
			close: &protocol.Close{}, code: 1000,
		}, {
			name:  "malformed message",
			end:   func(s *site, c *client) { c.sendText("{]\x1e") },
			close: &protocol.Close{Error: "Connection closed with an error.", AllowReconnect: true}, code: 1000,
			disconnected: "JSON",
		}, {
			name:  "message too large",
			end:   func(s *site, c *client) { c.sendText(strings.Repeat("x", 32<<10)) },
			close: &protocol.Close{Error: "Connection closed with an error.", AllowReconnect: true}, code: 1000,
			disconnected: "The maximum message size of 32768B was exceeded. The message size can be configured in AddHubOptions.",
		}, {
			name:  "server shuts down",
			end:   func(s *site, c *client) { s.Shutdown(s.t.Context()) },
			close: &protocol.Close{AllowReconnect: true}, code: 1000,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			hub := newTestHub()
			s := start(t, options(hub))
			c := s.connect("/hub", protocol.JSON())
			<-hub.connected
			go test.end(s, c)
			if test.close != nil {
				assert.Equal(t, *test.close, c.next())
			}
			assert.Equal(t, test.code, c.closed())
			err := <-hub.disconnected
			if test.disconnected == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, test.disconnected)
			}
		})
	}
}

func TestCloseSaysMoreWithDetailedErrors(t *testing.T) {
	o := options(newTestHub())
	o.DetailedErrors = true
	o.MaxMessageSize = 100
	c := start(t, o).connect("/hub", protocol.JSON())
	c.sendText(strings.Repeat("x", 100))
	want := "Connection closed with an error. InvalidDataException: The maximum message size of 100B was exceeded. The message size can be configured in AddHubOptions."
	assert.Equal(t, protocol.Close{Error: want, AllowReconnect: true}, c.next())
}

func TestTheLargestMessageIsTaken(t *testing.T) {
	o := options(newTestHub())
	o.MaxMessageSize = 100
	c := start(t, o).connect("/hub", protocol.JSON())
	message := `{"type":1,"invocationId":"1","target":"Nothing","arguments":[]`
	c.sendText(message + strings.Repeat(" ", 100-len(message)-2) + "}\x1e")
	assert.Empty(t, c.next().(protocol.Completion).Error)
}

func TestOnConnectedRefuses(t *testing.T) {
	for _, test := range []struct {
		name   string
		refuse func(*Call) error
		want   string
	}{
		{"hub error", func(*Call) error { return &HubError{Message: "go away"} }, "Connection closed with an error. HubException: go away"},
		{"error", func(*Call) error { return errors.New("secret") }, "Connection closed with an error."},
		{"panic", func(*Call) error { panic("oops") }, "Connection closed with an error."},
	} {
		t.Run(test.name, func(t *testing.T) {
			hub := newTestHub()
			hub.refuse = test.refuse
			s := start(t, options(hub))
			c := s.connect("/hub", protocol.JSON())
			assert.Equal(t, protocol.Close{Error: test.want}, c.next())
			assert.Equal(t, websocket.CloseNormalClosure, c.closed())
			require.NoError(t, s.Close())
			assert.Empty(t, hub.disconnected, "OnDisconnected is not for refused connections")
		})
	}
}

// badFarewell panics when a connection ends.
type badFarewell struct{}

func (badFarewell) Abort(call *Call)            { call.Abort() }
func (badFarewell) OnDisconnected(*Call, error) { panic("oops") }

func TestFailingOnDisconnectedClosesWith1011(t *testing.T) {
	s := start(t, options(badFarewell{}))
	c := s.connect("/hub", protocol.JSON())
	c.start("Abort")
	assert.Equal(t, websocket.CloseInternalServerErr, c.closed())
	assert.Empty(t, s.Hub("/hub").registry.connections)
}

func TestHubMethodsEndWithTheirConnection(t *testing.T) {
	hub := newTestHub()
	s := start(t, options(hub))
	c := s.connect("/hub", protocol.JSON())
	c.start("Hold")
	<-hub.held
	require.NoError(t, c.ws.Close())
	assert.NoError(t, <-hub.disconnected)
	require.NoError(t, s.Close()) // returns, since Hold does
}

func TestClientLostWhileItsReaderWaitsIsNoticedByPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		c := start(t, options(hub)).connect("/hub", protocol.JSON())
		c.start("Hold")
		<-hub.held
		c.start("Hold") // waits for a permit, and the reader with it
		require.NoError(t, c.ws.Close())
		begin := time.Now()
		assert.NoError(t, <-hub.disconnected)
		assert.InDelta(t, 15, time.Since(begin).Seconds(), 1.1)
	})
}

func TestWhatWasSentBeforeCloseStillRuns(t *testing.T) {
	hub := newTestHub()
	s := start(t, options(hub))
	other := s.connect("/hub", protocol.JSON())
	c := s.connect("/hub", protocol.JSON())
	for _, text := range []string{"1", "2", "3"} {
		c.send(protocol.Invocation{Target: "ToOthers", Arguments: []any{text}})
	}
	c.send(protocol.Close{})
	for _, text := range []string{"1", "2", "3"} {
		assert.Equal(t, text, other.received("hear"))
	}
}

func TestMessagesToAClosingConnectionGoNowhere(t *testing.T) {
	hub := newTestHub()
	s := start(t, options(hub))
	c := s.connect("/hub", protocol.JSON())
	id := <-hub.connected
	c.send(protocol.Close{})
	assert.Equal(t, protocol.Close{}, c.next())
	assert.NoError(t, s.Hub("/hub").Clients(t.Context()).Client(id).Send("hear", "x"))
	f := c.frame()
	assert.Error(t, f.err, "nothing after Close")
}

func TestPeerThatDoesNotAnswerTheCloseFrameIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		c := s.connect("/hub", protocol.JSON())
		c.ws.SetCloseHandler(func(int, string) error { return nil })
		c.start("Abort")
		assert.Equal(t, websocket.CloseNormalClosure, c.closed())
		begin := time.Now()
		s.served.Wait()
		assert.Equal(t, closeTimeout, time.Since(begin))
	})
}

func TestShutdownGivesUpAtTheEndOfItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, options(newTestHub()))
		c := s.connect("/hub", protocol.JSON())
		c.ws.SetCloseHandler(func(int, string) error { return nil })
		ctx, cancel := contextWithTimeout(t, time.Second)
		defer cancel()
		begin := time.Now()
		assert.ErrorIs(t, s.Shutdown(ctx), ctx.Err())
		assert.Equal(t, time.Second, time.Since(begin))
	})
}

func TestClosedServerRefuses(t *testing.T) {
	s := start(t, options(newTestHub()))
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	status, _, _ := s.request("POST", "/hub/negotiate")
	assert.Equal(t, 503, status)
	h := s.Hub("/hub")
	assert.ErrorIs(t, h.Clients(t.Context()).All().Send("x"), ErrServerClosed)
	assert.ErrorIs(t, h.Groups(t.Context()).Add("a", "b"), ErrServerClosed)
}
