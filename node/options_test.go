package node_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/backplanetest"
)

func names() node.NCacheOptions {
	return node.NCacheOptions{CacheName: "demo", ApplicationID: "chat"}
}

func TestFieldsThatWouldHaveNoEffectAreRefused(t *testing.T) {
	_, err := node.New(t.Context(), node.Options{Listen: "127.0.0.1:0", NCacheOptions: names(), SignalR: signalr.Options{
		Hubs: hubs(), Backplane: backplanetest.NewMemory().Join(), Logger: slog.Default(), Metrics: prometheus.NewRegistry(), Development: true,
	}})
	for _, want := range []string{
		"Options.SignalR.Hubs has no effect; set Options.Hubs", "Options.SignalR.Backplane has no effect; the mesh is the backplane",
		"Options.SignalR.Logger has no effect; set Options.Logger", "Options.SignalR.Metrics has no effect; set Options.Metrics",
		"Options.SignalR.Development has no effect; set Options.Development",
	} {
		assert.ErrorContains(t, err, want)
	}
	_, err = node.New(t.Context(), node.Options{
		Listen: "127.0.0.1:0", NCacheOptions: names(), Static: http.NotFoundHandler(), Hubs: []signalr.HubOptions{{Path: "/", Hub: Chat{}}},
	})
	assert.ErrorContains(t, err, `the hub at "/" takes the place of the page at "/"`)
}

func TestFilesAreReadOnlyWhenAsked(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	settings := `{"NCacheConfiguration": {"CacheName": "fromFile", "ApplicationID": "chat"}}`
	conf := `<configuration><cache id="fromFile" user-id="x"><server name="127.0.0.9"/></cache></configuration>`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "appsettings.json"), []byte(settings), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "client.ncconf"), []byte(conf), 0o600))

	_, err := node.Resolve(node.Options{})
	require.ErrorIs(t, err, node.ErrNoName)
	assert.ErrorContains(t, err, "set CacheName and ApplicationID of Options, or UseFiles")
	assert.NotContains(t, err.Error(), "environment", "no variable is read")
	assert.NotContains(t, err.Error(), "looked for")

	s, err := node.Resolve(node.Options{NCacheOptions: node.NCacheOptions{CacheName: "fromFile", ApplicationID: "chat"}})
	require.NoError(t, err)
	assert.NotContains(t, s.String(), "127.0.0.9")
	assert.Contains(t, s.String(), "UseFiles is not set")

	s, err = node.Resolve(node.Options{UseFiles: true})
	require.NoError(t, err)
	assert.Equal(t, "fromFile", s.CacheName())
	assert.Contains(t, s.String(), "127.0.0.9")

	s, err = node.Resolve(node.Options{Config: filepath.Join(dir, "appsettings.json")})
	require.NoError(t, err)
	assert.Equal(t, "fromFile", s.CacheName(), "a file that is named is read")

	_, err = node.Resolve(node.Options{Environ: []string{}})
	assert.ErrorContains(t, err, "in the environment", "variables are read, so that is a remedy")
}

func TestMessagesFitIntoTheReplayWindow(t *testing.T) {
	_, err := node.Resolve(node.Options{NCacheOptions: names(), SignalR: signalr.Options{MaxSendSize: 40 << 20}})
	assert.ErrorContains(t, err, "SignalR.MaxSendSize 41943040 needs a ReplayBytes of at least 84934656, and it is 67108864")
	for replay, want := range map[int]string{0: "25165824", 1 << 20: "393216", 256 << 20: "25165824"} {
		s, err := node.Resolve(node.Options{NCacheOptions: names(), ReplayBytes: replay})
		require.NoError(t, err)
		assert.Regexp(t, `max-send-size +`+want, s.String())
	}
}

func TestLargeMessagesReachTheClientsOfEveryServerOrNobody(t *testing.T) {
	a := open(t, nil)
	b := open(t, func(o *node.Options) { o.Bootstrap = a.PeerAddrs() })
	awaitServers(t, a, 1)
	awaitServers(t, b, 1)
	here, elsewhere := receiver(t, a), receiver(t, b)
	all := a.Hub("/chat").Clients(t.Context()).All()
	for _, mebibytes := range []int{7, 8, 17} {
		name := fmt.Sprintf("m%d", mebibytes)
		require.NoError(t, all.Send(name, strings.Repeat("x", mebibytes<<20)))
		here(name)
		elsewhere(name)
	}
	err := all.Send("tooLarge", strings.Repeat("x", 24<<20))
	require.ErrorIs(t, err, signalr.ErrTooLarge)
	assert.NotErrorIs(t, err, signalr.ErrLocalOnly)
	require.NoError(t, all.Send("after", "x"))
	here("after")
	elsewhere("after")
}

func TestAHubThatIsNotThereIsAnError(t *testing.T) {
	seed := open(t, func(o *node.Options) { o.Hubs = nil })
	assert.ErrorIs(t, seed.Hub("/chat").Err(), signalr.ErrNoHub)
	assert.ErrorContains(t, seed.Hub("/chat").Clients(t.Context()).All().Send("x"), "the server has no hubs")
	n := open(t, nil)
	assert.ErrorContains(t, n.Hub("/typo").Err(), "there are hubs at /chat")
	assert.NoError(t, n.Hub("/chat").Err())
}

// Roomy joins groups.
type Roomy struct{}

func (Roomy) Send(call *signalr.Call, _, group string) error {
	err := call.Groups().Add(call.ConnectionID(), group)
	if errors.Is(err, signalr.ErrLimit) {
		return nil
	}
	return err
}

func TestANodeWhoseBudgetIsUsedUpIsNotReady(t *testing.T) {
	n := open(t, func(o *node.Options) {
		o.Hubs = []signalr.HubOptions{{Path: "/chat", Hub: Roomy{}, Name: "Chat"}}
		o.SignalR.MaxGroupBytes = 10
	})
	<-n.Ready()
	status, _ := get(t, "http://"+n.AdminAddr()+"/readyz")
	require.Equal(t, http.StatusOK, status)
	receiver(t, n) // which joins a group
	status, body := get(t, "http://"+n.AdminAddr()+"/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, body, "no room for more groups")
	assert.Contains(t, body, "SignalR.MaxGroupBytes")
}

// Troubled is a hub that fails.
type Troubled struct{}

func (Troubled) Send(_, _ string) error { return errors.New("the database is away") }

func TestDevelopmentShowsClientsErrors(t *testing.T) {
	n := open(t, func(o *node.Options) {
		o.Development = true
		o.Logger = slog.New(slog.DiscardHandler)
		o.Hubs = []signalr.HubOptions{{Path: "/chat", Hub: Troubled{}}}
	})
	assert.Regexp(t, `development +true`, n.Settings().String())
	ws, response, err := websocket.DefaultDialer.Dial("ws://"+n.HTTPAddr()+"/chat", nil)
	require.NoError(t, err)
	defer ws.Close()
	response.Body.Close()
	require.NoError(t, ws.WriteMessage(websocket.TextMessage, []byte(`{"protocol":"json","version":1}`+"\x1e"+
		`{"type":1,"invocationId":"1","target":"Send","arguments":["",""]}`+"\x1e")))
	var got string
	for !strings.Contains(got, `"type":3`) {
		_, data, err := ws.ReadMessage()
		require.NoError(t, err)
		got += string(data)
	}
	assert.Contains(t, got, "Exception: the database is away")
}

// A panicking handler panics whenever something is logged.
type panicking struct{ slog.Handler }

func (panicking) Enabled(context.Context, slog.Level) bool  { return true }
func (panicking) Handle(context.Context, slog.Record) error { panic("planted") }
func (p panicking) WithAttrs([]slog.Attr) slog.Handler      { return p }

func TestPanicsOfTheApplicationDoNotEndANode(t *testing.T) {
	told := make(chan struct{}, 100)
	hostile := func(o *node.Options) {
		o.Logger = slog.New(panicking{slog.DiscardHandler})
		o.OnHealth = func(mesh.Condition) {
			told <- struct{}{}
			panic(map[string]any{"planted": true})
		}
	}
	a := open(t, hostile)
	b := open(t, func(o *node.Options) { hostile(o); o.Bootstrap = a.PeerAddrs() })
	awaitServers(t, a, 1)
	awaitServers(t, b, 1)
	<-told
	<-told
	elsewhere := receiver(t, b)
	require.NoError(t, a.Hub("/chat").Clients(t.Context()).All().Send("still", "x"))
	elsewhere("still")
}
