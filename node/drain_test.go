package node_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/signalr"
)

// connect opens a WebSocket to the hub of a node and shakes hands.
func connect(t *testing.T, n *node.Node) *websocket.Conn {
	ws, response, err := websocket.DefaultDialer.Dial("ws://"+n.HTTPAddr()+"/chat", nil)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	t.Cleanup(func() { ws.Close() })
	require.NoError(t, ws.WriteMessage(websocket.TextMessage, []byte(`{"protocol":"json","version":1}`+"\x1e")))
	assert.Equal(t, "{}\x1e", read(t, ws))
	return ws
}

// read returns the next message that a client receives, except pings.
func read(t *testing.T, ws *websocket.Conn) string {
	for {
		_, data, err := ws.ReadMessage()
		require.NoError(t, err)
		if text := string(data); text != `{"type":6}`+"\x1e" {
			return text
		}
	}
}

// awaitPhase waits until a node is in a phase.
func awaitPhase(t *testing.T, n *node.Node, want node.Phase) {
	timeout := time.After(20 * time.Second)
	for {
		phase, changed := n.WatchPhase()
		if phase == want {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			require.FailNow(t, "phase not reached", "%v, but %v", want, phase)
		}
	}
}

// ask makes a request, and returns the answer with its body read.
func ask(t *testing.T, method, url string, header ...string) (*http.Response, string) {
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	if len(header) > 0 {
		request.Header.Set(header[0], header[1])
	}
	var transport http.Transport // keeps connections, so that Connection: close is the server's
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(body)
}

func negotiate(t *testing.T, n *node.Node) (status int, closes bool) {
	r, _ := ask(t, "POST", "http://"+n.HTTPAddr()+"/chat/negotiate?negotiateVersion=1")
	return r.StatusCode, r.Close
}

func TestADrainedNodeServesUntilTheDelayHasPassed(t *testing.T) {
	n := open(t, func(o *node.Options) { o.DrainDelay = time.Hour })
	<-n.Ready()
	ws := connect(t, n)
	status, closes := negotiate(t, n)
	assert.Equal(t, http.StatusOK, status)
	assert.False(t, closes)
	done := make(chan error, 1)
	go func() {
		_, err := n.Drain(context.Background())
		done <- err
	}()
	awaitPhase(t, n, node.Draining)
	code, body := get(t, "http://"+n.AdminAddr()+"/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.JSONEq(t, `{"ready":false,"draining":true,"reasons":["draining: clients are still served, and will be moved to other servers"]}`, body)
	status, closes = negotiate(t, n)
	assert.Equal(t, http.StatusOK, status)
	assert.True(t, closes, "the next request may reach another server")
	r, _ := ask(t, "GET", "http://"+n.HTTPAddr()+"/chat?id=unknown")
	assert.False(t, r.Close, "requests of open connections are not disturbed")
	connect(t, n)
	s := n.Status()
	assert.Equal(t, []any{node.Draining, 2, true}, []any{s.Phase, s.Clients, s.Draining})
	assert.InDelta(t, 3600, s.Drain.DelayLeft, 60)
	assert.InDelta(t, 3600+15, s.Drain.Left, 60)

	require.NoError(t, n.Undrain())
	assert.ErrorIs(t, <-done, signalr.ErrUndrained)
	assert.True(t, n.Readiness().Ready)
	require.NoError(t, n.Hub("/chat").Clients(t.Context()).All().Send("hear"))
	assert.Equal(t, `{"type":1,"target":"hear","arguments":[]}`+"\x1e", read(t, ws), "no client got a Close message")
}

func TestADrainedNodeMovesItsClientsAndStays(t *testing.T) {
	log := &logbook{}
	a := open(t, nil)
	<-a.Ready()
	b := open(t, func(o *node.Options) {
		o.DrainDelay, o.Bootstrap = -1, []string{a.PeerAddrs()[0]}
		o.Logger = slog.New(slog.NewTextHandler(log, nil))
	})
	<-b.Ready()
	awaitServers(t, a, 1)
	left, stays := connect(t, b), connect(t, a)
	closed := make(chan string, 1)
	go func() {
		closed <- read(t, left)
		left.ReadMessage() // answers the close frame
	}()
	report, err := b.Drain(t.Context())
	require.NoError(t, err)
	assert.Equal(t, `{"type":7,"allowReconnect":true}`+"\x1e", <-closed)
	assert.Equal(t, []int{1, 0}, []int{report.Moved, report.Disconnected})
	assert.Equal(t, node.Drained, b.Phase())
	_, err = net.Dial("tcp", b.HTTPAddr())
	assert.ErrorIs(t, err, syscall.ECONNREFUSED)
	log.await(t, "msg=drained moved=1 disconnected=0")

	awaitServers(t, a, 1) // it is still a member
	require.NoError(t, b.Hub("/chat").Clients(t.Context()).All().Send("hear"))
	assert.Equal(t, `{"type":1,"target":"hear","arguments":[]}`+"\x1e", read(t, stays))
	again, err := b.Drain(t.Context())
	require.NoError(t, err)
	assert.Equal(t, report, again)

	require.NoError(t, b.Undrain())
	require.NoError(t, b.Undrain(), "it serves already")
	assert.Equal(t, node.Serving, b.Phase())
	connect(t, b)
	require.NoError(t, b.Close())
	_, err = b.Drain(t.Context())
	assert.ErrorIs(t, err, node.ErrClosed)
	assert.ErrorIs(t, b.Undrain(), node.ErrClosed)
}

func TestTheUsualDelayEndsWithTheLastClient(t *testing.T) {
	n := open(t, nil)
	<-n.Ready()
	ws := connect(t, n)
	done := make(chan node.DrainReport, 1)
	go func() {
		report, err := n.Drain(context.Background())
		assert.NoError(t, err)
		done <- report
	}()
	awaitPhase(t, n, node.Draining)
	require.NoError(t, ws.Close())
	report := <-done
	assert.Less(t, report.Took, 7*time.Second)
	assert.Zero(t, report.Moved+report.Disconnected, "it left before a Close message")
}

func TestAShutdownCannotBeUndone(t *testing.T) {
	n := open(t, func(o *node.Options) { o.DrainDelay = time.Hour })
	<-n.Ready()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Shutdown(ctx) }()
	awaitPhase(t, n, node.Draining)
	assert.ErrorContains(t, n.Undrain(), "cannot be undone")
	cancel()
	assert.ErrorIs(t, <-done, context.Canceled)
	assert.Equal(t, node.Closing, n.Phase())
	assert.Equal(t, []string{"closing"}, n.Readiness().Reasons)
}

func TestShutdownDuringADrainWaitsForIt(t *testing.T) {
	n := open(t, func(o *node.Options) { o.DrainDelay = time.Hour })
	<-n.Ready()
	drained := make(chan error, 1)
	go func() {
		_, err := n.Drain(context.Background())
		drained <- err
	}()
	awaitPhase(t, n, node.Draining)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	assert.ErrorIs(t, n.Shutdown(ctx), context.DeadlineExceeded)
	assert.NoError(t, <-drained)
}

func TestCloseEndsADrain(t *testing.T) {
	n := open(t, func(o *node.Options) { o.DrainDelay = time.Hour })
	<-n.Ready()
	done := make(chan error, 1)
	go func() {
		_, err := n.Drain(context.Background())
		done <- err
	}()
	awaitPhase(t, n, node.Draining)
	require.NoError(t, n.Close())
	assert.ErrorIs(t, <-done, node.ErrClosed)
}

func TestATooShortTimeForADrainIsLogged(t *testing.T) {
	log := &logbook{}
	n := open(t, func(o *node.Options) {
		o.DrainDelay, o.Logger = time.Hour, slog.New(slog.NewTextHandler(log, nil))
	})
	<-n.Ready()
	connect(t, n)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	report, err := n.Drain(ctx)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, 1, report.Disconnected)
	log.await(t, "the time for the drain is too short")
	log.await(t, "needed=1h0m0s")
}

func TestTimesOfADrain(t *testing.T) {
	for _, c := range []struct {
		delay, spread, timeout time.Duration
		rows                   string // empty: an error
	}{
		{0, 0, 0, "drain-delay 7s default drain-spread 5s default drain-timeout 25s default"},
		{-1, -1, 0, "drain-delay 0s options drain-spread 0s options drain-timeout 25s default"},
		{0, time.Minute, 0, "drain-delay 7s default drain-spread 1m0s options drain-timeout 1m17s default"},
		{10 * time.Second, time.Minute, 71 * time.Second, "drain-delay 10s options drain-spread 1m0s options drain-timeout 1m11s options"},
		{10 * time.Second, time.Minute, 70 * time.Second, ""},
		{0, 0, 5 * time.Second, ""},
	} {
		s, err := node.Resolve(node.Options{
			NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "chat"}, Listen: "127.0.0.1:0",
			DrainDelay: c.delay, DrainSpread: c.spread, DrainTimeout: c.timeout,
		})
		if c.rows == "" {
			require.Error(t, err)
			for _, part := range []string{"drain-delay ", "drain-spread ", "drain-timeout " + c.timeout.String(), "do not fit", "choose a timeout above"} {
				assert.ErrorContains(t, err, part)
			}
			continue
		}
		require.NoError(t, err)
		assert.Contains(t, strings.Join(strings.Fields(s.String()), " "), c.rows)
	}
}

func TestTheAdminListenerDrains(t *testing.T) {
	n := open(t, func(o *node.Options) { o.DrainDelay = time.Hour })
	<-n.Ready()
	url := "http://" + n.AdminAddr() + "/api/drain"
	control := func(method string, status int, header ...string) (c node.Control) {
		r, body := ask(t, method, url, header...)
		assert.Equal(t, status, r.StatusCode)
		require.NoError(t, json.Unmarshal([]byte(body), &c))
		return c
	}
	assert.Equal(t, node.Control{Phase: node.Serving}, control("GET", http.StatusOK))
	for _, page := range [][]string{{"Origin", "http://evil.example"}, {"Origin", "null"}, {"Origin", url}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-origin"}} {
		c := control("POST", http.StatusForbidden, page...)
		assert.Equal(t, node.Serving, n.Phase())
		assert.Contains(t, c.Error, "web pages")
	}
	c := control("POST", http.StatusAccepted, "Sec-Fetch-Site", "none")
	assert.Equal(t, node.Draining, c.Phase)
	assert.InDelta(t, 3600, c.Drain.DelayLeft, 60)
	assert.Equal(t, node.Draining, control("POST", http.StatusAccepted).Phase, "it may be repeated")
	_, body := get(t, "http://"+n.AdminAddr()+"/")
	assert.Contains(t, body, ">draining<")
	_, body = get(t, "http://"+n.AdminAddr()+"/metrics")
	assert.Contains(t, body, `signalmesh_node_phase{phase="draining"} 1`)
	assert.Contains(t, body, `signalmesh_node_phase{phase="serving"} 0`)
	control("DELETE", http.StatusForbidden, "Origin", "http://evil.example")
	assert.Equal(t, node.Draining, n.Phase())
	assert.Equal(t, node.Control{Phase: node.Serving}, control("DELETE", http.StatusOK))
	assert.Equal(t, node.Control{Phase: node.Serving}, control("DELETE", http.StatusOK))
	assert.True(t, n.Readiness().Ready)

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Shutdown(ctx) }()
	awaitPhase(t, n, node.Draining)
	assert.Contains(t, control("DELETE", http.StatusConflict).Error, "cannot be undone")
	cancel()
	assert.ErrorIs(t, <-done, context.Canceled)
}

func TestPhasesAreText(t *testing.T) {
	for p := node.Serving; p <= node.Closing; p++ {
		text, err := json.Marshal(p)
		require.NoError(t, err)
		var q node.Phase
		require.NoError(t, json.Unmarshal(text, &q))
		assert.Equal(t, p, q)
	}
	var p node.Phase
	assert.ErrorContains(t, json.Unmarshal([]byte(`"asleep"`), &p), `"asleep" is not a phase`)
}

func TestRunDrainsAndCloses(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var n *node.Node
	o := node.Options{
		HTTP: "127.0.0.1:0", Listen: "127.0.0.1:0", Hubs: hubs(), DrainDelay: -1,
		NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "chat"},
	}
	err := node.Run(ctx, o, func(started *node.Node) error {
		n = started
		assert.Equal(t, node.Serving, n.Phase())
		ws := connect(t, n)
		go func() {
			ws.ReadMessage() // Close
			ws.ReadMessage() // answers the close frame
		}()
		stop()
		return nil
	})
	require.NoError(t, err)
	assert.Equal(t, node.Closing, n.Phase())
	assert.Equal(t, 1, n.Status().Drain.Moved)

	failed := assert.AnError
	err = node.Run(t.Context(), o, func(started *node.Node) error {
		n = started
		return failed
	})
	assert.ErrorIs(t, err, failed)
	assert.Equal(t, node.Closing, n.Phase())
	o.CacheName = ""
	assert.ErrorIs(t, node.Run(t.Context(), o, nil), node.ErrNoName)
}
