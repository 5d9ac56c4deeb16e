package chat

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/backplanetest"
)

// openServers opens servers of one application with the chat at /chat, which end
// with the test.
func openServers(t *testing.T, names ...string) []*httptest.Server {
	memory := backplanetest.NewMemory()
	var servers []*httptest.Server
	for _, name := range names {
		port := memory.Join()
		hubs, err := signalr.NewServer(signalr.Options{
			Hubs:      []signalr.HubOptions{Mount("/chat", name)},
			Backplane: port,
			UserID:    UserID,
		})
		require.NoError(t, err)
		web := httptest.NewServer(hubs)
		t.Cleanup(func() {
			require.NoError(t, hubs.Close())
			web.Close()
			require.NoError(t, port.Close())
		})
		servers = append(servers, web)
	}
	return servers
}

// A client speaks the JSON hub protocol on a WebSocket, and reads only when it is
// asked what came.
type client struct {
	t    *testing.T
	ws   *websocket.Conn
	rest []string // messages read and not yet taken
	kept []message
	id   string
}

// A message is what the tests need of any hub message.
type message struct {
	Type         int             `json:"type"`
	InvocationID string          `json:"invocationId"`
	Target       string          `json:"target"`
	Arguments    []string        `json:"arguments"`
	Result       json.RawMessage `json:"result"`
	Error        string          `json:"error"`
}

func connect(t *testing.T, server *httptest.Server, user string) *client {
	ws, response, err := websocket.DefaultDialer.Dial(
		strings.Replace(server.URL, "http", "ws", 1)+"/chat?user="+url.QueryEscape(user), nil)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	t.Cleanup(func() { ws.Close() })
	require.NoError(t, ws.SetReadDeadline(time.Now().Add(time.Minute)))
	c := &client{t: t, ws: ws}
	c.write(`{"protocol":"json","version":1}`)
	require.Equal(t, "{}", c.read())
	c.id = c.who().ConnectionID
	return c
}

func (c *client) write(text string) {
	require.NoError(c.t, c.ws.WriteMessage(websocket.TextMessage, []byte(text+"\x1e")))
}

func (c *client) read() string {
	for len(c.rest) == 0 {
		_, data, err := c.ws.ReadMessage()
		require.NoError(c.t, err)
		c.rest = strings.Split(strings.TrimSuffix(string(data), "\x1e"), "\x1e")
	}
	next := c.rest[0]
	c.rest = c.rest[1:]
	return next
}

// call runs a hub method and returns how it ended. What arrives meanwhile is kept.
func (c *client) call(target string, args ...string) message {
	c.t.Helper()
	call, err := json.Marshal(map[string]any{"type": 1, "invocationId": "7", "target": target, "arguments": append([]string{}, args...)})
	require.NoError(c.t, err)
	c.write(string(call))
	for {
		m := c.take()
		if m.Type == 3 {
			require.Equal(c.t, "7", m.InvocationID)
			return m
		}
		c.kept = append(c.kept, m)
	}
}

// must runs a hub method that succeeds.
func (c *client) must(target string, args ...string) message {
	c.t.Helper()
	m := c.call(target, args...)
	require.Empty(c.t, m.Error)
	return m
}

// take reads the next message but pings.
func (c *client) take() (m message) {
	for m.Type == 0 || m.Type == 6 {
		m = message{}
		require.NoError(c.t, json.Unmarshal([]byte(c.read()), &m))
	}
	return m
}

func (c *client) who() (i Identity) {
	require.NoError(c.t, json.Unmarshal(c.must("WhoAmI").Result, &i))
	return i
}

// expect requires that the next thing the client was told is this.
func (c *client) expect(target string, args ...string) {
	c.t.Helper()
	var m message
	if len(c.kept) > 0 {
		m, c.kept = c.kept[0], c.kept[1:]
	} else {
		m = c.take()
	}
	require.Equal(c.t, append([]string{target}, args...), append([]string{m.Target}, m.Arguments...))
}
