//go:build unix

package node_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
)

// fewFiles is the variable that makes the test program a node with few open files.
const fewFiles = "TEST_NODE_WITH_FEW_FILES"

// runFewFiles runs a node that may have 64 open files until its standard input ends. It
// prints its addresses.
func runFewFiles() error {
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 64, Max: 64}); err != nil {
		return err
	}
	log := &journal{}
	n, err := node.New(context.Background(), node.Options{
		HTTP: "127.0.0.1:0", Admin: "127.0.0.1:0", Listen: "127.0.0.1:0", Hubs: hubs(), Logger: log.logger(),
		NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "chat"},
	})
	if err != nil {
		return err
	}
	<-n.Ready()
	fmt.Println(n.HTTPAddr(), n.AdminAddr(), n.PeerAddrs()[0])
	_, _ = io.Copy(io.Discard, os.Stdin)
	err = n.Close()
	fmt.Println(strings.ReplaceAll(log.String(), "\n", "|"))
	return err
}

// A child is the test program as a node with few open files.
type child struct {
	http, admin, peers string // addresses

	cmd *exec.Cmd
	in  io.Closer
	out *bufio.Reader
}

func startChild(t *testing.T) *child {
	program, err := os.Executable()
	require.NoError(t, err)
	c := &child{cmd: exec.CommandContext(t.Context(), program)}
	c.cmd.Env = append(os.Environ(), fewFiles+"=1")
	c.cmd.Stderr = os.Stderr
	c.in, err = c.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := c.cmd.StdoutPipe()
	require.NoError(t, err)
	c.out = bufio.NewReader(out)
	require.NoError(t, c.cmd.Start())
	line, err := c.out.ReadString('\n')
	require.NoError(t, err)
	_, err = fmt.Sscan(line, &c.http, &c.admin, &c.peers)
	require.NoError(t, err)
	return c
}

// stop closes the node in order, and returns its log.
func (c *child) stop(t *testing.T) string {
	require.NoError(t, c.in.Close())
	rest, err := io.ReadAll(c.out)
	require.NoError(t, err)
	require.NoError(t, c.cmd.Wait())
	return string(rest)
}

// kill ends the process of the node.
func (c *child) kill(t *testing.T) {
	require.NoError(t, c.cmd.Process.Kill())
	require.ErrorContains(t, c.cmd.Wait(), "killed")
}

func TestANodeWithoutOpenFilesSaysSo(t *testing.T) {
	c := startChild(t)
	var taken, refused int
	for range 100 {
		switch tryAsk(t, c.http) {
		case 200:
			taken++
		case 503:
			refused++
		}
	}
	assert.LessOrEqual(t, taken, 32, "half of the files")
	assert.GreaterOrEqual(t, taken, 16)
	assert.Equal(t, 100, taken+refused, "nobody hangs or is cut off without an answer")
	code, body := get(t, "http://"+c.admin+"/readyz")
	assert.Equal(t, 503, code)
	assert.Contains(t, body, "ulimit -n, LimitNOFILE")
	code, _ = get(t, "http://"+c.admin+"/healthz")
	assert.Equal(t, 200, code)
	_, metrics := get(t, "http://"+c.admin+"/metrics")
	assert.Contains(t, metrics, "signalmesh_node_open_files_limit 64")
	assert.Regexp(t, `signalmesh_node_open_files [2-6]\d\n`, metrics)
	other := open(t, func(o *node.Options) { o.Bootstrap = []string{c.peers} })
	awaitServers(t, other, 1)
	require.Eventually(t, func() bool {
		var s node.Status
		_, body := get(t, "http://"+c.admin+"/api/status")
		require.NoError(t, json.Unmarshal([]byte(body), &s))
		return len(s.Members) == 1
	}, 10*time.Second, 20*time.Millisecond, "files were kept for peers")
	log := c.stop(t)
	assert.Equal(t, 1, strings.Count(log, "level=WARN msg=\"full: "), log)
}

// tryAsk negotiates over a connection that stays open unless it is refused, and returns
// the status of the answer; 0 if there was none.
func tryAsk(t *testing.T, addr string) int {
	conn := dialHTTP(t, addr)
	require.NoError(t, conn.SetDeadline(time.Now().Add(5*time.Second)))
	_, _ = io.WriteString(conn, "POST /chat/negotiate?negotiateVersion=1 HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n")
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return 0
	}
	var status int
	_, _ = fmt.Sscanf(line, "HTTP/1.1 %d", &status)
	if status == 503 {
		_ = conn.Close()
	}
	return status
}
