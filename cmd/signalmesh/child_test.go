//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A child is "signalmesh node --child" in a separate process.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout io.ReadCloser
	lines  *bufio.Reader
	stderr *transcript
}

func startChild(t *testing.T, env []string, flags ...string) *child {
	cmd, end := start(t, "node", append([]string{"node", "--child", "--log-format", "json"}, flags...)...)
	cmd.Env = append(cmd.Env, env...)
	c := &child{cmd: cmd, stderr: newTranscript()}
	var err error
	c.stdin, err = cmd.StdinPipe()
	require.NoError(t, err)
	c.stdout, err = cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = c.stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(end)
	c.lines = bufio.NewReader(c.stdout)
	return c
}

// next returns the next event. The test's own time limit bounds the wait.
func (c *child) next(t *testing.T) (e childEvent) {
	line, err := c.lines.ReadBytes('\n')
	require.NoError(t, err, c.stderr)
	require.NoError(t, json.Unmarshal(line, &e), "%s", line)
	assert.Equal(t, c.cmd.Process.Pid, e.PID)
	return e
}

func TestAChildReportsOnStandardOutputAndEndsWithStandardInput(t *testing.T) {
	c := startChild(t, []string{"SIGNALMESH_REDIS_PASSWORD=separate", "SIGNALMESH_CACHE=demo", "SIGNALMESH_APP=chat"}, "--listen", "127.0.0.1:0", "--redis", "127.0.0.1:0")
	listening := c.next(t)
	assert.Equal(t, "listening", listening.Event)
	assert.Equal(t, []string{"demo", "chat", ""}, []string{listening.Cache, listening.Application, listening.HTTP})
	assert.Len(t, listening.Peers, 1)
	assert.NotEmpty(t, listening.Admin)
	assert.Equal(t, "ready", c.next(t).Event)

	ask := dialEndpoint(t, "tcp", listening.Redis)
	assert.Equal(t, "+OK", ask("AUTH separate"))
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT} {
		require.NoError(t, c.cmd.Process.Signal(signal))
		assert.Equal(t, "+PONG", ask("PING"), "%v does not end it", signal)
	}
	require.NoError(t, c.stdin.Close())
	assert.Equal(t, "leaving", c.next(t).Event)
	_, err := c.lines.ReadByte()
	assert.Equal(t, io.EOF, err)
	assert.NoError(t, c.cmd.Wait(), c.stderr)
	for line := range strings.Lines(c.stderr.String()) {
		assert.True(t, json.Valid([]byte(line)), line)
	}
}

// The parent has no other endpoint, so its child does not wait for it to move there.
func TestAChildDoesNotWaitForClientsOfItsEndpoint(t *testing.T) {
	c := startChild(t, nil, "--listen", "127.0.0.1:0", "--cache", "demo", "--app", "chat", "--redis", "127.0.0.1:0")
	redis := c.next(t).Redis
	require.Equal(t, "ready", c.next(t).Event)
	ask := dialEndpoint(t, "tcp", redis)
	require.Equal(t, "*3", ask("SUBSCRIBE MyApp.ChatHub:all"))
	require.NoError(t, c.stdin.Close())
	assert.NoError(t, c.cmd.Wait(), c.stderr)
	c.stderr.await(t, `"msg":"drained",.*("redis_moved":0,"redis_left":1)`)
}

// A parent that is killed leaves both pipes closed.
func TestAChildLeavesInOrderWhenItsParentIsKilled(t *testing.T) {
	c := startChild(t, nil, "--listen", "127.0.0.1:0", "--cache", "demo", "--app", "chat")
	assert.Equal(t, "listening", c.next(t).Event)
	assert.Equal(t, "ready", c.next(t).Event)
	require.NoError(t, c.stdout.Close())
	require.NoError(t, c.stdin.Close())
	assert.NoError(t, c.cmd.Wait(), c.stderr)
	c.stderr.await(t, `("msg":"drained")`)
}

func TestAChildReportsWhyItFailed(t *testing.T) {
	for flags, want := range map[string]string{
		"--cache demo --app chat --listen 127.0.0.1:99999":                 "99999",
		"--cache demo --app chat --listen 127.0.0.1:0 --redis-password x":  "no endpoint",
		"--cache demo --app chat --listen 127.0.0.1:0 --ncconf nowhere.x":  "nowhere.x",
		"--cache demo --app chat --listen 127.0.0.1:0 --redis unix:/no/re": "a folder that exists",
		"--app chat": "CacheName",
	} {
		c := startChild(t, nil, strings.Fields(flags)...)
		e := c.next(t)
		assert.Equal(t, "failed", e.Event)
		assert.Contains(t, e.Error, want)
		assert.NotContains(t, e.Error, "UseFiles", "the remedy is one for the command")
		assert.Error(t, c.cmd.Wait())
	}
}

func TestAChildsEndpointIsAUnixSocketThatReportsTheMesh(t *testing.T) {
	path := filepath.Join(t.TempDir(), "redis.sock")
	c := startChild(t, nil, "--listen", "127.0.0.1:0", "--cache", "demo", "--app", "chat", "--redis", "unix:"+path)
	assert.Equal(t, "unix:"+path, c.next(t).Redis)
	assert.Equal(t, "ready", c.next(t).Event)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o660), info.Mode().Perm())
	text := dialEndpoint(t, "unix", path)("INFO signalmesh")
	for _, want := range []string{"signalmesh_cache:demo", "signalmesh_health:isolated", "signalmesh_ready:true", "signalmesh_servers:1"} {
		assert.Contains(t, text, want)
	}
	require.NoError(t, c.cmd.Process.Kill())
	_ = c.cmd.Wait() // it was killed
	next := startChild(t, nil, "--listen", "127.0.0.1:0", "--cache", "demo", "--app", "chat", "--redis", "unix:"+path)
	assert.Equal(t, "listening", next.next(t).Event, "the socket that the killed process left is replaced")
}

// dialEndpoint returns a function that sends a command and returns the reply: a line, or a
// bulk string.
func dialEndpoint(t *testing.T, network, addr string) func(command string) string {
	nc, err := net.Dial(network, addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = nc.Close() }) // the node may have closed it
	r := bufio.NewReader(nc)
	return func(command string) string {
		require.NoError(t, nc.SetDeadline(time.Now().Add(killPatience)))
		_, err := io.WriteString(nc, command+"\r\n")
		require.NoError(t, err)
		line, err := r.ReadString('\n')
		require.NoError(t, err)
		if line[0] != '$' {
			return strings.TrimSpace(line)
		}
		var size int
		require.NoError(t, json.Unmarshal([]byte(strings.TrimSpace(line[1:])), &size))
		bulk := make([]byte, size+2)
		_, err = io.ReadFull(r, bulk)
		require.NoError(t, err)
		return string(bulk[:size])
	}
}
