package door_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// hubName is the full name of the hub in both servers, and prefix that of the
// application's channels.
const (
	hubName = "MyApp.Hubs.ChatHub"
	prefix  = "shop"
)

// An aspnet is a server of ASP.NET Core as it is seen from Redis: it does what the
// Redis lifetime manager does, with connections that only note what they get.
type aspnet struct {
	t      *testing.T
	redis  *goredis.Client
	pubsub *goredis.PubSub
	name   string
	done   chan struct{}
	work   sync.WaitGroup // acknowledgements under way

	mu          sync.Mutex
	changed     *sync.Cond
	connections map[string]*clientOfAspnet
	acked       map[int32]bool
	returned    []protocol.Encoding
	commands    int32
	confirmed   map[string]bool
}

type clientOfAspnet struct {
	user   string
	groups map[string]bool
	got    []string
}

func startAspnet(t *testing.T, addr string) *aspnet {
	s := &aspnet{
		t: t, redis: goredis.NewClient(&goredis.Options{Addr: addr, Protocol: 2, ClientName: "WEB-7(SE.Redis-v2.7.33)"}),
		name: "WEB-7_" + strings.ToLower(rand.Text()), done: make(chan struct{}),
		connections: map[string]*clientOfAspnet{}, acked: map[int32]bool{}, confirmed: map[string]bool{},
	}
	s.changed = sync.NewCond(&s.mu)
	s.pubsub = s.redis.Subscribe(t.Context(), prefix+protocol.AllChannel(hubName))
	go s.read()
	t.Cleanup(func() {
		s.work.Wait()
		assert.NoError(t, s.pubsub.Close())
		assert.NoError(t, s.redis.Close())
		<-s.done
	})
	for _, c := range []string{protocol.GroupsChannel(hubName), protocol.AckChannel(hubName, s.name), protocol.ReturnChannel(hubName, s.name)} {
		s.subscribe(c)
	}
	return s
}

// subscribe waits for the reply, as ASP.NET Core does.
func (s *aspnet) subscribe(channel string) {
	require.NoError(s.t, s.pubsub.Subscribe(s.t.Context(), prefix+channel))
	s.await(func() bool { return s.confirmed[prefix+channel] })
}

// await waits until what is guarded by mu is as it should be.
func (s *aspnet) await(ok func() bool) {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	defer context.AfterFunc(ctx, s.changed.Broadcast)()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !ok() {
		require.NoError(s.t, ctx.Err(), "what should have come has not")
		s.changed.Wait()
	}
}

func (s *aspnet) read() {
	defer close(s.done)
	for {
		m, err := s.pubsub.Receive(context.Background())
		if err != nil {
			return
		}
		s.mu.Lock()
		switch m := m.(type) {
		case *goredis.Subscription:
			s.confirmed[m.Channel] = m.Kind == "subscribe"
		case *goredis.Message:
			s.take(strings.TrimPrefix(m.Channel, prefix+hubName), []byte(m.Payload))
		}
		s.changed.Broadcast()
		s.mu.Unlock()
	}
}

// take acts on a message. The caller holds mu.
func (s *aspnet) take(channel string, data []byte) {
	switch {
	case channel == ":internal:groups":
		s.obey(data)
		return
	case channel == ":internal:ack:"+s.name:
		id, err := protocol.ParseAck(data)
		assert.NoError(s.t, err)
		s.acked[id] = true
		return
	case channel == ":internal:return:"+s.name:
		e, err := protocol.ParseReturn(data)
		assert.NoError(s.t, err)
		s.returned = append(s.returned, e)
		return
	}
	e, err := protocol.ParseEnvelope(data)
	if !assert.NoError(s.t, err) {
		return
	}
	for id, c := range s.connections {
		one := channel == ":connection:"+id
		if !one && channel != ":all" && channel != ":user:"+c.user && !c.groups[strings.TrimPrefix(channel, ":group:")] {
			continue
		}
		if (channel == ":all" || strings.HasPrefix(channel, ":group:")) && contains(e.Excluded, id) {
			continue
		}
		c.got = append(c.got, frameText(s.t, e.Frame("json")))
		if one && e.InvocationID != "" {
			s.answer(e)
		}
	}
}

func contains(list []string, s string) bool {
	return strings.Contains("\x00"+strings.Join(list, "\x00")+"\x00", "\x00"+s+"\x00")
}

// answer is what a client of this server answers when it is asked: 42.
func (s *aspnet) answer(e protocol.Envelope) {
	frame := fmt.Appendf(nil, `{"type":3,"invocationId":%q,"result":42}`+"\x1e", e.InvocationID)
	s.publish(e.ReturnChannel, protocol.AppendReturn(nil, protocol.Encoding{Protocol: "json", Frame: frame}))
}

// obey does what a group command says, if it is for a connection here.
func (s *aspnet) obey(data []byte) {
	command, err := protocol.ParseGroupCommand(data)
	assert.NoError(s.t, err)
	c := s.connections[command.ConnectionID]
	if c == nil {
		return
	}
	c.groups[command.Group] = command.Action == protocol.GroupAdd
	s.work.Go(func() { // the subscription is awaited, and then acknowledged
		s.subscribe(protocol.GroupChannel(hubName, command.Group))
		s.publish(protocol.AckChannel(hubName, command.Server), protocol.AppendAck(nil, command.ID))
	})
}

func (s *aspnet) publish(channel string, data []byte) int64 {
	n, err := s.redis.Publish(context.Background(), prefix+channel, data).Result()
	assert.NoError(s.t, err)
	return n
}

// connect makes a connection, reachable when connect returns.
func (s *aspnet) connect(id, user string) *clientOfAspnet {
	c := &clientOfAspnet{user: user, groups: map[string]bool{}}
	s.mu.Lock()
	s.connections[id] = c
	s.mu.Unlock()
	s.subscribe(protocol.ConnectionChannel(hubName, id))
	s.subscribe(protocol.UserChannel(hubName, user))
	return c
}

// send publishes an invocation as .NET encodes it.
func (s *aspnet) send(channel, text string, excluded ...string) int64 {
	return s.publish(channel, protocol.AppendEnvelope(nil, protocol.Envelope{Excluded: excluded, Encodings: encodings("", text)}))
}

func encodings(invocation, text string) []protocol.Encoding {
	id := ""
	if invocation != "" {
		id = fmt.Sprintf(`"invocationId":%q,`, invocation)
	}
	frame := fmt.Appendf(nil, `{"type":1,%s"target":"hear","arguments":[%q]}`+"\x1e", id, text)
	return []protocol.Encoding{{Protocol: "json", Frame: frame}}
}

// changeGroup sends a group command and waits for its acknowledgement.
func (s *aspnet) changeGroup(action protocol.GroupAction, connection, group string) {
	s.mu.Lock()
	s.commands++
	id := s.commands
	s.mu.Unlock()
	s.publish(protocol.GroupsChannel(hubName), protocol.AppendGroupCommand(nil, protocol.GroupCommand{
		ID: id, Server: s.name, Action: action, Group: group, ConnectionID: connection,
	}))
	s.await(func() bool { return s.acked[id] })
}

// heard waits for n messages and returns them.
func (s *aspnet) heard(c *clientOfAspnet, n int) (got []string) {
	s.await(func() bool { got = c.got; return len(got) >= n })
	return got
}

// frameText is the only argument of an invocation in JSON.
func frameText(t *testing.T, frame []byte) string {
	var m struct {
		Target    string
		Arguments []any
	}
	assert.NoError(t, json.Unmarshal([]byte(strings.TrimSuffix(string(frame), "\x1e")), &m))
	return fmt.Sprint(m.Arguments...)
}

// A goServer is a Go server with the same hub, on another node.
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
		Backplane: s.exchange.Port(prefix), UserID: chatUser,
	})
	require.NoError(t, err)
	g := goServer{server, httptest.NewServer(server)}
	t.Cleanup(func() { assert.NoError(t, server.Close()); g.http.Close() })
	return g
}

// A browser is a client of the Go server, by a bare WebSocket.
type browser struct {
	t    *testing.T
	ws   *websocket.Conn
	id   string
	rest []string // messages that came with another
}

func (g goServer) connect(t *testing.T, user string) *browser {
	ws, _, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(g.http.URL, "http")+"/chat?user="+user, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = ws.Close() }) // the server may have closed it
	b := &browser{t: t, ws: ws}
	b.send(`{"protocol":"json","version":1}`)
	require.Equal(t, "{}", b.next())
	b.send(`{"type":1,"invocationId":"1","target":"ID","arguments":[]}`)
	var completion struct{ Result string }
	require.NoError(t, json.Unmarshal([]byte(b.next()), &completion))
	b.id = completion.Result
	return b
}

func (b *browser) send(text string) {
	require.NoError(b.t, b.ws.WriteMessage(websocket.TextMessage, []byte(text+"\x1e")))
}

// next is the next message that is no ping.
func (b *browser) next() string {
	for {
		for len(b.rest) > 0 {
			m := b.rest[0]
			if b.rest = b.rest[1:]; m != "" && m != `{"type":6}` {
				return m
			}
		}
		require.NoError(b.t, b.ws.SetReadDeadline(deadline()))
		_, data, err := b.ws.ReadMessage()
		require.NoError(b.t, err)
		b.rest = strings.Split(string(data), "\x1e")
	}
}

// hears is the argument of the next invocation.
func (b *browser) hears() string { return frameText(b.t, []byte(b.next())) }
