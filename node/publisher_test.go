package node_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/signalr"
)

// receiver connects a client to the chat of n, and returns a function that waits for a text.
func receiver(t *testing.T, n *node.Node) func(text string) {
	ws, response, err := websocket.DefaultDialer.Dial("ws://"+n.HTTPAddr()+"/chat", nil)
	require.NoError(t, err)
	response.Body.Close()
	t.Cleanup(func() { ws.Close() })
	require.NoError(t, ws.WriteMessage(websocket.TextMessage, []byte(`{"protocol":"json","version":1}`+"\x1e")))
	await := func(text string) {
		require.NoError(t, ws.SetReadDeadline(time.Now().Add(20*time.Second)))
		for {
			_, data, err := ws.ReadMessage()
			require.NoError(t, err, "waiting for %s", text)
			if strings.Contains(string(data), text) {
				return
			}
		}
	}
	await("{}")
	require.NoError(t, ws.WriteMessage(websocket.TextMessage, []byte(`{"type":1,"invocationId":"1","target":"Send","arguments":["x","here"]}`+"\x1e")))
	await(`"type":3`) // every server can reach it
	return await
}

// A healthLog notes every change of health.
type healthLog struct {
	mu  sync.Mutex
	got []mesh.Condition
}

func (h *healthLog) note(c mesh.Condition) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got = append(h.got, c)
}

func (h *healthLog) changes() []mesh.Condition {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]mesh.Condition(nil), h.got...)
}

func TestAPublisherReachesTheClientsOfEveryServer(t *testing.T) {
	var health healthLog
	var servers []*node.Node
	for range 3 {
		servers = append(servers, open(t, func(o *node.Options) {
			o.OnHealth = health.note
			for _, s := range servers {
				o.Bootstrap = append(o.Bootstrap, s.PeerAddrs()...)
			}
		}))
	}
	var clients []func(string)
	for _, s := range servers {
		awaitServers(t, s, 2)
		clients = append(clients, receiver(t, s))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	publish := func() *node.Publisher {
		p, err := node.NewPublisher(ctx, node.Options{
			Bootstrap:     servers[0].PeerAddrs(),
			NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "chat"},
		})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, p.Close()) })
		require.Eventually(t, func() bool {
			n, err := p.Servers(ctx, "Chat")
			return err == nil && n == 3
		}, 20*time.Second, 5*time.Millisecond)
		return p
	}
	p, other := publish(), publish()
	for i, p := range []*node.Publisher{p, other} {
		require.NoError(t, p.Clients(ctx, "Chat").All().Send("ReceiveMessage", "shop", fmt.Sprintf("news %d", i)))
		for _, await := range clients {
			await(fmt.Sprintf("news %d", i))
		}
	}
	assert.ErrorIs(t, p.Clients(ctx, "Caht").All().Send("x"), signalr.ErrNoHub)

	// It makes its links to all servers itself, and they do not count it as a server.
	require.Eventually(t, func() bool {
		linked := 0
		for _, m := range p.Topic().Members() {
			if m.Linked {
				linked++
			}
		}
		return linked == 3
	}, 20*time.Second, 5*time.Millisecond)
	for _, s := range servers {
		for _, m := range s.Topic().Members() {
			if len(m.Addrs) == 0 {
				assert.LessOrEqual(t, m.Channels, 1, "only the one on which a bridge tells how many are in the old Redis")
			}
		}
		require.Eventually(t, func() bool { return len(s.Topic().Members()) == 4 }, 20*time.Second, 5*time.Millisecond)
		assert.Equal(t, 2, s.Topic().Condition().Servers)
		assert.Equal(t, mesh.Healthy, s.Topic().Health())
	}
	assert.Equal(t, mesh.Healthy, p.Topic().Health(), "another publisher, which cannot be reached, is no fault")
	require.NoError(t, p.Close())
	assert.ErrorIs(t, p.Clients(ctx, "Chat").All().Send("x"), signalr.ErrServerClosed)
	for _, s := range servers {
		require.Eventually(t, func() bool { return len(s.Topic().Members()) == 3 }, 20*time.Second, 5*time.Millisecond)
		assert.Equal(t, mesh.Healthy, s.Topic().Health())
	}
	for _, c := range health.changes() {
		assert.NotEqual(t, mesh.Degraded, c.Health, c.String())
	}
}

func TestAPublisherSaysWhatItLacks(t *testing.T) {
	names := node.NCacheOptions{CacheName: "demo", ApplicationID: "chat"}
	_, err := node.NewPublisher(t.Context(), node.Options{NCacheOptions: names})
	assert.ErrorContains(t, err, "give Bootstrap the address of one")
	_, err = node.NewPublisher(t.Context(), node.Options{NCacheOptions: names, Hubs: hubs(), HTTP: ":0", Listen: ":0", Redis: ":0"})
	for _, field := range []string{"Hubs", "HTTP", "Listen", "Redis"} {
		assert.ErrorContains(t, err, "no use for Options."+field+"; use New")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = node.NewPublisher(ctx, node.Options{NCacheOptions: names, Bootstrap: []string{fmt.Sprintf("127.0.0.1:%d", freePort(t))}})
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorContains(t, err, `no server of application "chat" is in reach`)
}
