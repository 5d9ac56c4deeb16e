package signalr

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/require"
)

// A client is a raw client, of WebSockets unless it is told otherwise. What it
// receives is read at once, so that the server never waits for it.
type client struct {
	t        testing.TB
	ws       *websocket.Conn
	post     func(data []byte) // how it sends without ws
	protocol protocol.Protocol
	frames   chan frame
	stop     chan struct{}
	rest     []byte // received and not yet taken
	lastID   int
}

// A frame is a WebSocket message, an event, or the body of a poll, or the error that ended the connection.
type frame struct {
	kind int
	data []byte
	err  error
}

// dial opens a WebSocket and does not shake hands.
func (s *site) dial(path string, p protocol.Protocol) *client {
	ws := s.open(path)
	c := &client{t: s.t, ws: ws, protocol: p, frames: make(chan frame, 1<<14), stop: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.pump()
	}()
	s.t.Cleanup(func() {
		close(c.stop)
		ws.NetConn().Close()
		<-done
	})
	return c
}

// open opens a WebSocket.
func (s *site) open(path string) *websocket.Conn {
	dialer := websocket.Dialer{NetDialContext: s.listener.dial}
	ws, response, err := dialer.Dial("ws://test"+path, nil)
	require.NoError(s.t, err)
	response.Body.Close()
	return ws
}

// connectStuck opens a WebSocket that shakes hands for JSON and then reads no
// more.
func (s *site) connectStuck(path string) {
	ws := s.open(path)
	s.t.Cleanup(func() { ws.NetConn().Close() })
	require.NoError(s.t, ws.WriteMessage(websocket.TextMessage, []byte(`{"protocol":"json","version":1}`+"\x1e")))
	_, _, err := ws.ReadMessage()
	require.NoError(s.t, err)
}

// pump reads until the connection ends or the test does.
func (c *client) pump() {
	for {
		kind, data, err := c.ws.ReadMessage()
		select {
		case c.frames <- frame{kind, data, err}:
		case <-c.stop:
			return
		}
		if err != nil {
			return
		}
	}
}

// connect opens a WebSocket, shakes hands and waits until the connection
// is registered with its hub.
func (s *site) connect(path string, p protocol.Protocol) *client {
	c := s.dial(path, p).shakeHands()
	s.awaitOpen()
	return c
}

// awaitOpen waits until OnConnected has returned for each connection whose
// handshake is answered. The answer is sent first, as ASP.NET Core does. A message
// to the connection that is published before it is registered does not reach it.
func (s *site) awaitOpen() {
	for _, c := range s.accepted() {
		select {
		case <-c.opened:
		case <-time.After(20 * time.Second):
			require.FailNow(s.t, "a connection does not open")
		}
	}
}

// accepted returns the connections whose handshake is answered.
func (s *site) accepted() (all []*connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.connections {
		c.mu.Lock()
		if c.accepted {
			all = append(all, c)
		}
		c.mu.Unlock()
	}
	return all
}

func (c *client) shakeHands() *client {
	c.sendText(fmt.Sprintf(`{"protocol":%q,"version":1}`+"\x1e", c.protocol.Name()))
	f := c.frame()
	require.NoError(c.t, f.err)
	require.Equal(c.t, "{}\x1e", string(f.data[:3]))
	c.rest = f.data[3:]
	return c
}

func (c *client) sendText(text string) {
	if c.ws == nil {
		c.post([]byte(text))
		return
	}
	require.NoError(c.t, c.ws.WriteMessage(websocket.TextMessage, []byte(text)))
}

// send sends a hub message.
func (c *client) send(m protocol.Message) {
	data, err := c.protocol.Append(nil, m)
	require.NoError(c.t, err)
	if c.ws == nil {
		c.post(data)
		return
	}
	require.NoError(c.t, c.ws.WriteMessage(websocket.BinaryMessage, data))
}

// frame waits for the next WebSocket message.
func (c *client) frame() frame {
	return c.frameBefore(time.After(20 * time.Second))
}

// frameBefore waits for the next WebSocket message until late receives.
func (c *client) frameBefore(late <-chan time.Time) frame {
	select {
	case f := <-c.frames:
		return f
	case <-late:
		require.FailNow(c.t, "nothing received")
		return frame{}
	}
}

// next waits for the next hub message but pings. Pings do not prolong the wait,
// which is longer than the time after which a server closes a silent client.
func (c *client) next() protocol.Message {
	late := time.After(2 * time.Minute)
	for {
		body, rest, err := c.protocol.Split(c.rest, 0)
		require.NoError(c.t, err)
		if body == nil {
			f := c.frameBefore(late)
			require.NoError(c.t, f.err)
			require.Empty(c.t, c.rest, "a hub message was split over WebSocket messages")
			c.rest = f.data
			continue
		}
		c.rest = rest
		m, err := c.protocol.Parse(body)
		require.NoError(c.t, err)
		if _, ping := m.(protocol.Ping); !ping {
			return m
		}
	}
}

// invoke calls a hub method and waits for its completion. What else comes
// meanwhile is an error.
func (c *client) invoke(target string, args ...any) protocol.Completion {
	id := c.start(target, args...)
	completion, ok := c.next().(protocol.Completion)
	require.True(c.t, ok, "not a completion")
	require.Equal(c.t, id, completion.InvocationID)
	return completion
}

// start calls a hub method and returns the ID of the call.
func (c *client) start(target string, args ...any) string {
	c.lastID++
	id := fmt.Sprint(c.lastID)
	c.send(protocol.Invocation{InvocationID: id, Target: target, Arguments: orEmpty(args)})
	return id
}

// result calls a hub method that must succeed, and decodes its result.
func result[T any](c *client, target string, args ...any) (v T) {
	completion := c.invoke(target, args...)
	require.Empty(c.t, completion.Error)
	require.NoError(c.t, c.protocol.Bind(completion.Result.(protocol.Raw), &v))
	return v
}

// received waits for an invocation of one string argument, and returns that.
func (c *client) received(target string) (v string) {
	m := c.next()
	inv, ok := m.(protocol.Invocation)
	require.True(c.t, ok, "%T is no invocation", m)
	require.Equal(c.t, target, inv.Target)
	require.Len(c.t, inv.Arguments, 1)
	require.NoError(c.t, c.protocol.Bind(inv.Arguments[0].(protocol.Raw), &v))
	return v
}

// closed waits for the end of the connection and returns the close code. What
// comes before it is dropped.
func (c *client) closed() int {
	for {
		f := c.frame()
		if f.err == nil {
			continue
		}
		closeError, ok := errors.AsType[*websocket.CloseError](f.err)
		require.True(c.t, ok, "%v", f.err)
		return closeError.Code
	}
}

func orEmpty(args []any) []any {
	if args == nil {
		return []any{}
	}
	return args
}

// both runs a test for each hub protocol.
func both(t *testing.T, test func(t *testing.T, p protocol.Protocol)) {
	for _, p := range []protocol.Protocol{protocol.JSON(), protocol.MessagePack()} {
		t.Run(p.Name(), func(t *testing.T) { test(t, p) })
	}
}
