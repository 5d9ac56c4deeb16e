package backplanetest

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// A client is a SignalR client of a test, on a WebSocket without negotiation.
type client struct {
	protocol protocol.Protocol
	socket   *websocket.Conn
	id       string // of its connection

	received chan protocol.Message // but pings; closed when the connection ends
	kept     []protocol.Message    // received and not yet asked for
	stop     chan struct{}         // closed by end
	once     sync.Once
	reading  sync.WaitGroup
}

// connect opens a connection to url, which the test ends, and learns its ID.
func connect(t *testing.T, url string, p protocol.Protocol) *client {
	socket, response, err := websocket.DefaultDialer.DialContext(t.Context(), url, nil)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	c := &client{
		protocol: p, socket: socket,
		received: make(chan protocol.Message, 64), stop: make(chan struct{}),
	}
	t.Cleanup(c.end)
	rest := c.shakeHands(t)
	c.reading.Go(func() { c.read(rest) }) // until the connection ends
	c.id = c.whoAmI(t)
	return c
}

// shakeHands returns what came after the handshake's answer.
func (c *client) shakeHands(t *testing.T) []byte {
	request := fmt.Sprintf("{\"protocol\":%q,\"version\":1}\x1e", c.protocol.Name())
	require.NoError(t, c.socket.WriteMessage(websocket.TextMessage, []byte(request)))
	require.NoError(t, c.socket.SetReadDeadline(time.Now().Add(Patience)))
	_, answer, err := c.socket.ReadMessage()
	require.NoError(t, err)
	require.NoError(t, c.socket.SetReadDeadline(time.Time{}))
	answer, rest, whole := bytes.Cut(answer, []byte{0x1e})
	require.True(t, whole, "one frame has the whole answer")
	require.Equal(t, "{}", string(answer))
	return rest
}

// read puts what arrives into received, beginning with buf. Every WebSocket
// message holds whole hub messages (Hub Protocol, Transport Requirements).
func (c *client) read(buf []byte) {
	defer close(c.received)
	for {
		for len(buf) > 0 {
			body, rest, err := c.protocol.Split(buf, 0)
			if err != nil || body == nil {
				return
			}
			m, err := c.protocol.Parse(body)
			if err != nil {
				return
			}
			if _, ping := m.(protocol.Ping); !ping && m != nil {
				select {
				case c.received <- m:
				case <-c.stop:
					return
				}
			}
			buf = rest
		}
		var err error
		if _, buf, err = c.socket.ReadMessage(); err != nil {
			return
		}
	}
}

func (c *client) send(t testing.TB, m protocol.Message) {
	t.Helper()
	frame, err := c.protocol.Append(nil, m)
	require.NoError(t, err)
	require.NoError(t, c.socket.WriteMessage(websocket.BinaryMessage, frame))
}

func (c *client) whoAmI(t testing.TB) (id string) {
	c.send(t, protocol.Invocation{InvocationID: "who", Target: "WhoAmI"})
	for {
		m := c.await(t)
		done, ok := m.(protocol.Completion)
		if !ok {
			c.kept = append(c.kept, m)
			continue
		}
		require.True(t, done.HasResult, "WhoAmI failed: %s", done.Error)
		require.NoError(t, c.protocol.Bind(done.Result.(protocol.Raw), &id))
		return id
	}
}

// next returns the next message but pings.
func (c *client) next(t testing.TB) protocol.Message {
	t.Helper()
	if len(c.kept) > 0 {
		m := c.kept[0]
		c.kept = c.kept[1:]
		return m
	}
	return c.await(t)
}

func (c *client) await(t testing.TB) protocol.Message {
	t.Helper()
	timeout := time.NewTimer(Patience)
	defer timeout.Stop()
	select {
	case m, ok := <-c.received:
		if !ok {
			require.FailNow(t, "the connection ended; a message was awaited")
		}
		return m
	case <-timeout.C:
		require.FailNow(t, "nothing received within "+Patience.String())
		return nil
	}
}

// expect requires that the next message runs a method with arguments that are
// strings.
func (c *client) expect(t testing.TB, target string, args ...string) {
	t.Helper()
	m, ok := c.next(t).(protocol.Invocation)
	require.True(t, ok, "an invocation was awaited")
	got := []string{m.Target}
	for _, a := range m.Arguments {
		var s string
		require.NoError(t, c.protocol.Bind(a.(protocol.Raw), &s))
		got = append(got, s)
	}
	require.Equal(t, append([]string{target}, args...), got)
}

// asked requires that the next message asks for Result("test"), and returns its
// invocation ID.
func (c *client) asked(t testing.TB) string {
	t.Helper()
	m, ok := c.next(t).(protocol.Invocation)
	require.True(t, ok, "an invocation was awaited")
	require.Equal(t, "Result", m.Target)
	require.Len(t, m.Arguments, 1)
	var argument string
	require.NoError(t, c.protocol.Bind(m.Arguments[0].(protocol.Raw), &argument))
	require.Equal(t, "test", argument)
	require.NotEmpty(t, m.InvocationID)
	return m.InvocationID
}

// reply answers a question with a value.
func (c *client) reply(t testing.TB, id string, v any) {
	t.Helper()
	c.send(t, protocol.Completion{InvocationID: id, HasResult: true, Result: v})
}

// refuse answers a question with an error.
func (c *client) refuse(t testing.TB, id, text string) {
	t.Helper()
	c.send(t, protocol.Completion{InvocationID: id, Failed: true, Error: text})
}

// leave ends the connection in order, waits for the server's end of it, and
// requires that nothing but the server's farewell came meanwhile.
func (c *client) leave(t testing.TB) {
	t.Helper()
	c.send(t, protocol.Close{})
	for m := range c.received {
		c.kept = append(c.kept, m)
	}
	require.Equal(t, []protocol.Message{protocol.Close{}}, c.kept)
	c.end()
}

// cut ends the connection as a broken network does, without telling.
func (c *client) cut() { c.end() }

// end closes the socket and waits for the reader.
func (c *client) end() {
	c.once.Do(func() {
		close(c.stop)
		_ = c.socket.NetConn().Close() // what it says is of no interest any more
	})
	c.reading.Wait()
}
