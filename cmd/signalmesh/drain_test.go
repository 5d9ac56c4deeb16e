package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
)

// A runningNode is a node that runs in this process until stop.
type runningNode struct {
	stderr     *transcript
	hub, admin string // host:port
	stop       context.CancelFunc
	code       chan int
}

// runNode runs "signalmesh node" with more flags, and waits until it is ready.
func runNode(t *testing.T, flags ...string) *runningNode {
	ctx, stop := context.WithCancel(t.Context())
	r := &runningNode{stderr: newTranscript(), stop: stop, code: make(chan int, 1)}
	args := []string{"node", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--cache", "demo", "--app", "chat", "--hub", "chat"}
	go func() { r.code <- run(ctx, append(args, flags...), io.Discard, r.stderr) }()
	r.hub = r.stderr.await(t, `ready: hub http://(127\.0\.0\.1:\d+)/chat, `)
	r.admin = r.stderr.await(t, `, admin http://(127\.0\.0\.1:\d+)/,`)
	t.Cleanup(func() {
		stop()
		assert.Zero(t, <-r.code)
	})
	return r
}

// connect opens a WebSocket to the chat hub. With answers, it closes when it receives a Close message.
func (r *runningNode) connect(t *testing.T, answers bool) *websocket.Conn {
	ws, response, err := websocket.DefaultDialer.Dial("ws://"+r.hub+"/chat", nil)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.NoError(t, ws.WriteMessage(websocket.TextMessage, []byte(`{"protocol":"json","version":1}`+"\x1e")))
	_, _, err = ws.ReadMessage()
	require.NoError(t, err)
	t.Cleanup(func() { ws.Close() })
	if answers {
		go func() { // ends with the connection
			for err == nil {
				_, _, err = ws.ReadMessage()
			}
		}()
	}
	return ws
}

// command runs the program, and returns its exit status and its output.
func command(t *testing.T, args ...string) (code int, text string) {
	var out bytes.Buffer
	code = run(t.Context(), args, &out, &out)
	return code, out.String()
}

func TestDrainAndUndo(t *testing.T) {
	r := runNode(t, "--drain-spread", "0")
	r.connect(t, true) // it closes before the node stops, which ends the default delay
	code, text := command(t, "drain", "--admin", r.admin)
	assert.Zero(t, code, text)
	assert.Regexp(t, `^draining: serving 1 client for (7|6)s more, then moving them within 0s\n$`, text)
	r.stderr.await(t, `(draining: serving 1 client for)`)
	code, text = command(t, "drain", "--admin", "http://"+r.admin+"/", "--undo")
	assert.Zero(t, code, text)
	assert.Equal(t, "serving: 1 client connected\n", text)
	r.stderr.await(t, `(drain undone)`)
}

func TestDrainWaits(t *testing.T) {
	r := runNode(t, "--drain-delay", "200ms")
	r.connect(t, true)
	code, text := command(t, "drain", "--admin", r.admin, "--wait")
	assert.Zero(t, code, text)
	assert.Regexp(t, `draining: serving 1 client for \d+(s|ms) more, then moving them within 10ms\n`, text)
	assert.Regexp(t, `drained: 1 client moved, 0 disconnected, in \d+`, text)
	code, text = command(t, "drain", "--admin", r.admin)
	assert.Zero(t, code, text)
	assert.Regexp(t, `^drained: 1 client moved, 0 disconnected, in \d+`, text)
	r.stop()
	r.stderr.await(t, `(leaving: 1 client moved, 0 disconnected, in .*; leaving the mesh)`)
}

func TestWaitingEndsWhenTheDrainIsUndone(t *testing.T) {
	states := make(chan string, 3)
	admin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, <-states)
	}))
	defer admin.Close()
	for phase, want := range map[string]string{
		"serving": "the drain was undone: the node serves again",
		"closing": "the node is being stopped, which moves its clients",
		"asleep":  "not the answer of an admin listener",
	} {
		states <- `{"phase":"moving","clients":2,"drain":{"leftSeconds":3}}`
		states <- `{"phase":"` + phase + `"}`
		code, text := command(t, "drain", "--wait", "--admin", admin.URL)
		assert.Equal(t, 1, code)
		assert.Contains(t, text, "draining: moving 2 clients to other servers; those left in 3s are disconnected\n")
		assert.Contains(t, text, want)
	}
}

func TestAStoppedNodeTellsWhatItDoes(t *testing.T) {
	r := runNode(t, "--drain-delay", "100ms", "--drain-timeout", "400ms", "--drain-spread", "0")
	r.connect(t, false)
	r.stop()
	assert.Zero(t, <-r.code)
	r.code <- 0 // for the cleanup
	text := r.stderr.String()
	assert.Regexp(t, `draining: serving 1 client for \d+(s|ms) more, then moving them within 0s; Ctrl-C again stops now\n`, text)
	assert.Regexp(t, `draining: moving 1 client to other servers; those left in \d+ms are disconnected; Ctrl-C again stops now\n`, text)
	assert.Contains(t, text, "msg=drained moved=0 disconnected=1")
	assert.Regexp(t, `leaving: 0 clients moved, 1 disconnected, in \d+m?s; leaving the mesh\n`, text)
}

func TestDrainTellsOfWrongUse(t *testing.T) {
	t.Setenv("SIGNALMESH_ADMIN", "")
	for _, c := range []struct {
		args, text string
		code       int
	}{
		{"drain", "--admin is required: give the value of the node's --admin flag", 2},
		{"drain --admin 127.0.0.1:0", "port 0 is not a port to connect to", 2},
		{"drain --admin ftp://x", "is not an address", 2},
		{"drain --admin http://", "is not an address", 2},
		{"drain --admin 127.0.0.1:1 --undo --wait", "--undo and --wait exclude each other", 2},
		{"drain now", `drain takes no argument; "now" is one`, 2},
		{"drain --admin 127.0.0.1:1", "no node answers at http://127.0.0.1:1 (connection refused): is it running?", 1},
		{"node --cache x --app y --drain-delay 10s --drain-spread 1m --drain-timeout 30s", "drain-delay 10s (--drain-delay) and drain-spread 1m0s (--drain-spread) do not fit in drain-timeout 30s (--drain-timeout)", 2},
		{"node --drain-delay -1s", "--drain-delay -1s: a time is not negative", 2},
		{"node --drain-timeout 0", "--drain-timeout 0s: clients need time to leave", 2},
	} {
		code, text := command(t, strings.Fields(c.args)...)
		assert.Equal(t, c.code, code, c.args)
		assert.Contains(t, text, c.text, c.args)
	}
}

func TestAdminURLs(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.1:9810":            "http://127.0.0.1:9810",
		":9810":                     "http://127.0.0.1:9810",
		"0.0.0.0:9810":              "http://127.0.0.1:9810",
		"[::]:9810":                 "http://127.0.0.1:9810",
		"[::1]:9810":                "http://[::1]:9810",
		"web-1:9810":                "http://web-1:9810",
		"https://admin.example/w1/": "https://admin.example/w1",
	} {
		got, err := adminURL(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got)
	}
}

func TestProgressIsSilentWithoutClients(t *testing.T) {
	assert.Empty(t, progress(node.Serving, 3, nil))
	assert.Empty(t, progress(node.Draining, 0, &node.DrainStatus{}))
	assert.Empty(t, progress(node.Moving, 0, &node.DrainStatus{Left: 3}))
	assert.Equal(t, "drained: 2 clients moved, 1 disconnected, 3 had gone before, in 7s",
		progress(node.Drained, 0, &node.DrainStatus{Moved: 2, Disconnected: 1, Gone: 3, Elapsed: 7.2}))
	assert.Equal(t, "drained: 0 clients moved, 0 disconnected, in 0s", progress(node.Drained, 0, &node.DrainStatus{}))
}

func TestProgressIsJSONWithJSONLogs(t *testing.T) {
	r := runNode(t, "--drain-delay", "50ms", "--log-format", "json")
	r.connect(t, true)
	r.stop()
	r.stderr.await(t, `("msg":"drained","moved":1,"disconnected":0,)`)
	for line := range strings.Lines(r.stderr.String()) {
		assert.True(t, json.Valid([]byte(line)), line)
	}
}
