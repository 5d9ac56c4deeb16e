package door_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// A goServer is a Go server with the hub, on a node.
type goServer struct {
	*signalr.Server
	http *httptest.Server
}

type chatHub struct{}

// ID is how the test learns what a connection is called.
func (chatHub) ID(call *signalr.Call) string { return call.ConnectionID() }

func startGo(t *testing.T, s site) goServer {
	server, err := signalr.NewServer(signalr.Options{
		Hubs:      []signalr.HubOptions{{Path: "/chat", Hub: chatHub{}, Name: hubName}},
		Backplane: s.exchange.Port(prefix),
		UserID:    func(r *http.Request) string { return r.URL.Query().Get("user") },
	})
	require.NoError(t, err)
	g := goServer{server, httptest.NewServer(server)}
	t.Cleanup(func() { assert.NoError(t, server.Close()); g.http.Close() })
	return g
}

// A browser is a client of a Go server, by a bare WebSocket.
type browser struct {
	t    *testing.T
	ws   *websocket.Conn
	p    protocol.Protocol
	id   string
	rest []byte // messages that came with another
}

func (g goServer) connect(t *testing.T, user string, p protocol.Protocol) *browser {
	ws, _, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(g.http.URL, "http")+"/chat?user="+user, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = ws.Close() }) // the server may have closed it
	b := &browser{t: t, ws: ws, p: p}
	require.NoError(t, ws.WriteMessage(websocket.TextMessage, []byte(`{"protocol":"`+p.Name()+`","version":1}`+"\x1e")))
	require.Equal(t, "{}\x1e", string(b.read()))
	b.send(protocol.Invocation{InvocationID: "1", Target: "ID"})
	b.bind(b.next().(protocol.Completion).Result, &b.id)
	return b
}

func (b *browser) send(m protocol.Message) {
	frame, err := b.p.Append(nil, m)
	require.NoError(b.t, err)
	kind := websocket.TextMessage
	if b.p.Binary() {
		kind = websocket.BinaryMessage
	}
	require.NoError(b.t, b.ws.WriteMessage(kind, frame))
}

func (b *browser) read() []byte {
	require.NoError(b.t, b.ws.SetReadDeadline(time.Now().Add(patience)))
	_, data, err := b.ws.ReadMessage()
	require.NoError(b.t, err)
	return data
}

// next is the next message that is no ping.
func (b *browser) next() protocol.Message {
	for {
		for len(b.rest) == 0 {
			b.rest = b.read()
		}
		body, rest, err := b.p.Split(b.rest, 0)
		require.NoError(b.t, err)
		b.rest = rest
		m, err := b.p.Parse(body)
		require.NoError(b.t, err)
		if _, ping := m.(protocol.Ping); !ping {
			return m
		}
	}
}

func (b *browser) bind(raw, dst any) { require.NoError(b.t, b.p.Bind(raw.(protocol.Raw), dst)) }

// hears is the only argument of the next invocation.
func (b *browser) hears() (text string) {
	b.bind(b.next().(protocol.Invocation).Arguments[0], &text)
	return text
}

// asked is the ID of the next invocation, which wants an answer.
func (b *browser) asked() string {
	id := b.next().(protocol.Invocation).InvocationID
	require.NotEmpty(b.t, id)
	return id
}
