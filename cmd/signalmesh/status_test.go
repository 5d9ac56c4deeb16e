package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
)

func TestStatusOfANode(t *testing.T) {
	a := runNode(t, "--name", "web-1", "--drain-delay", "0")
	code, text := command(t, "status", "--admin", a.admin)
	assert.Zero(t, code, "a single server without seeds is healthy: %s", text)
	assert.Regexp(t, `^web-1 is ready; the mesh is isolated`, text)
	assert.Contains(t, text, "No other server is known.\n")

	peers := a.stderr.await(t, `peers /ip4/127\.0\.0\.1/tcp/(\d+)`)
	b := runNode(t, "--name", "web-2", "--bootstrap", "127.0.0.1:"+peers)
	a.stderr.await(t, `(server alive)`)
	t.Setenv("SIGNALMESH_ADMIN", b.admin)
	code, text = command(t, "status")
	assert.Zero(t, code, text)
	assert.Contains(t, text, "web-2 is ready; the mesh is healthy")
	assert.Contains(t, text, "Application  chat, cache demo\n")
	assert.Contains(t, text, "Hub          http://"+b.hub+"/chat\n")
	assert.Regexp(t, `(?m)^SERVER +STATE +CONNECTION +LAST SEEN +WAITING +LOST +PEER$`, text)
	assert.Regexp(t, `(?m)^web-1 +alive +direct +`, text)
	for _, line := range strings.Split(text, "\n") {
		assert.LessOrEqual(t, len([]rune(line)), 80, line)
	}
	code, text = command(t, "status", "--json")
	assert.Zero(t, code)
	var s node.Status
	require.NoError(t, json.Unmarshal([]byte(text), &s))
	assert.Equal(t, "web-2", s.Name)

	code, text = command(t, "drain", "--admin", a.admin)
	require.Zero(t, code, text)
	a.stderr.await(t, `(msg=drained)`)
	code, text = command(t, "status", "--admin", a.admin)
	assert.Equal(t, statusNotReady, code)
	assert.Contains(t, text, "web-1 is not ready")
	assert.Contains(t, text, "Needs attention:\n- drained: stop the node, or put it back")
	code, text = command(t, "healthcheck", "--admin", a.admin)
	assert.Equal(t, 1, code)
	assert.Contains(t, text, "not ready: drained: stop the node")
	code, text = command(t, "healthcheck", "--admin", a.admin, "--live")
	assert.Zero(t, code, text)
	assert.Contains(t, text, "alive; the mesh is healthy")
	code, text = command(t, "healthcheck")
	assert.Zero(t, code, text)
	assert.Equal(t, "ready\n", text)
}

// The exit status follows from readiness and from the health of the mesh.
func TestTheExitStatusIsTheHealth(t *testing.T) {
	for answer, want := range map[string]int{
		`"ready":true,"health":"healthy"`:                             0,
		`"ready":true,"health":"isolated"`:                            0,
		`"ready":true,"health":"isolated","seeds":["a:9800"]`:         statusUnhealthy,
		`"ready":true,"health":"isolated","expected":2`:               statusUnhealthy,
		`"ready":true,"health":"degraded","missing":[{"name":"b"}]`:   statusUnhealthy,
		`"ready":false,"health":"healthy","notReady":["no"]`:          statusNotReady,
		`"ready":true,"health":"degraded","alerts":[{"name":"full"}]`: statusUnhealthy,
	} {
		admin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"name":"web-1","peer":"12D3KooWxyz","phase":"serving",`+answer+`}`)
		}))
		code, text := command(t, "status", "--admin", admin.URL)
		admin.Close()
		assert.Equal(t, want, code, "%s: %s", answer, text)
	}
}

func TestMistakesOfAskingANode(t *testing.T) {
	hub := httptest.NewServer(http.NotFoundHandler())
	defer hub.Close()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"name":"x"}`) }))
	defer other.Close()
	asleep := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-asleep }))
	defer slow.Close()
	defer close(asleep)
	peers, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() { // ends with peers
		defer close(done)
		for {
			c, err := peers.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("\x13/multistream/1.0.0\n"))
			_ = c.Close()
		}
	}()
	defer func() { _ = peers.Close(); <-done }()
	for _, name := range []string{"status", "healthcheck"} {
		for args, want := range map[string]struct {
			code int
			text string
		}{
			"127.0.0.1:1":         {1, "no node answers at http://127.0.0.1:1 (connection refused): is it running? If its admin listener is elsewhere, give --admin"},
			hub.URL:               {1, "answered 404 Not Found, which is not the answer of an admin listener: is it the port of --http"},
			other.URL:             {1, "which is not the answer of an admin listener"},
			peers.Addr().String(): {1, "does not speak HTTP: is it the port of --listen or --redis?"},
			"127.0.0.1:0":         {2, "port 0 is not a port to connect to"},
			"none":                {2, "a node without an admin listener does not answer"},
			"web-1":               {2, "--admin web-1 has no port"},
			"ftp://x":             {2, "is not an address"},
		} {
			code, text := command(t, name, "--admin", args)
			assert.Equal(t, want.code, code, name+" "+args+": "+text)
			assert.Contains(t, text, want.text, name)
			assert.NotContains(t, text, "malformed")
		}
	}
	code, text := command(t, "healthcheck", "--admin", slow.URL, "--timeout", "50ms")
	assert.Equal(t, 1, code)
	assert.Contains(t, text, "within 50ms: is a firewall in between, or the node overloaded?")
	code, text = command(t, "healthcheck", "--admin", slow.URL, "--timeout", "0")
	assert.Equal(t, 2, code, text)
	c := adminClient{base: "http://web-1:9810", timeout: time.Second}
	assert.ErrorContains(t, c.unreachable(&net.DNSError{Name: "web-1"}), "there is no host web-1; correct --admin")
	assert.ErrorContains(t, c.unreachable(io.ErrUnexpectedEOF), "closed the connection: is the node being stopped")
}

// Without --admin, the commands that only look ask the default address; those that change
// a node do not.
func TestTheDefaultOfAdmin(t *testing.T) {
	for name, want := range map[string]string{"node": defaultAdmin, "status": defaultAdmin, "healthcheck": defaultAdmin, "drain": "", "forget": ""} {
		cmd, _, err := newRootCommand().Find([]string{name})
		require.NoError(t, err)
		assert.Equal(t, want, cmd.Flags().Lookup("admin").DefValue, name)
	}
}
