package node_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
)

// awaitReady waits until n is ready.
func awaitReady(t *testing.T, n *node.Node) {
	t.Helper()
	select {
	case <-n.Ready():
	case <-time.After(20 * time.Second):
		require.FailNow(t, "not ready", n.Readiness().String())
	}
}

// Eight nodes that start at the same time, each with the same three seeds, are members of
// each other when they are ready.
func TestNodesThatStartTogetherAreReadyWhenTheyKnowEachOther(t *testing.T) {
	port := freePort(t)
	var seeds []string
	for i := range 3 {
		seeds = append(seeds, fmt.Sprintf("127.0.0.%d:%d", i+1, port))
	}
	var nodes []*node.Node
	for i := range 8 {
		nodes = append(nodes, open(t, func(o *node.Options) {
			o.Bootstrap = seeds
			o.Listen = fmt.Sprintf("127.0.0.%d:%d", i+1, port)
		}))
	}
	for i, n := range nodes {
		awaitReady(t, n)
		for j, o := range nodes[:i] { // these are ready, too
			assert.True(t, n.Topic().Has(o.PeerID()), "node %d knows node %d", i, j)
			assert.True(t, o.Topic().Has(n.PeerID()), "node %d knows node %d", j, i)
		}
		assert.Empty(t, n.Status().Joining)
	}
}

func TestANodeIsReadyWhenAllItsApplicationsHaveJoined(t *testing.T) {
	several := func(o *node.Options) {
		o.RedisFor = []node.RedisDoor{{Addr: "127.0.0.1:0", Application: "billing"}}
	}
	a := open(t, several)
	awaitReady(t, a)
	b := open(t, func(o *node.Options) {
		several(o)
		o.Bootstrap = []string{a.PeerAddrs()[0]}
	})
	awaitReady(t, b)
	assert.Equal(t, 1, b.Topic().Alive())
	require.Len(t, b.Status().Others, 1)
	assert.Equal(t, 1, b.Status().Others[0].Servers)
}

// A node that every seed refused shows the reason in /readyz, /healthz and the status
// page. It is ready as soon as a seed admits it.
func TestARefusedNodeIsNotReady(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.txt")
	admit := func(users ...string) {
		var lines bytes.Buffer
		for _, user := range users {
			line, err := node.UserLine("demo", user, "secret", nil)
			require.NoError(t, err)
			lines.WriteString(line + "\n")
		}
		require.NoError(t, os.WriteFile(path, lines.Bytes(), 0o600))
	}
	admit("first")
	credentials := func(user string) func(*node.Options) {
		return func(o *node.Options) { o.UserID, o.Password, o.Users = user, "secret", path }
	}
	seed := open(t, credentials("first"))
	refused := func(change func(*node.Options)) *node.Node {
		return open(t, func(o *node.Options) {
			credentials("second")(o)
			o.Bootstrap = []string{seed.PeerAddrs()[0]}
			change(o)
		})
	}

	willing := refused(func(o *node.Options) { o.ReadyWhenRefused = true })
	awaitReady(t, willing)
	assert.True(t, willing.Readiness().Ready)

	n := refused(func(*node.Options) {})
	awaitContact(t, n)
	want := `refused by ` + hostPort(seed) + `: unknown user or wrong password; check UserID and Password of this node, and the users that one accepts`
	code, body := get(t, "http://"+n.AdminAddr()+"/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, code)
	var ready struct {
		Ready   bool
		Reasons []string
	}
	require.NoError(t, json.Unmarshal([]byte(body), &ready))
	assert.False(t, ready.Ready)
	assert.Equal(t, []string{want}, ready.Reasons)
	_, body = get(t, "http://"+n.AdminAddr()+"/healthz")
	var health struct{ Text string }
	require.NoError(t, json.Unmarshal([]byte(body), &health))
	assert.Equal(t, "isolated: "+want, health.Text)
	_, body = get(t, "http://"+n.AdminAddr()+"/")
	assert.Contains(t, body, "not ready")
	assert.Contains(t, body, "unknown user or wrong password")

	admit("first", "second") // both read the file again
	awaitReady(t, n)
	awaitServers(t, seed, 2)
	assert.True(t, n.Readiness().Ready)
}

func hostPort(n *node.Node) string {
	seed := n.PeerAddrs()[0] // /ip4/127.0.0.1/tcp/…
	var port int
	_, _ = fmt.Sscanf(seed, "/ip4/127.0.0.1/tcp/%d", &port) // 0 makes the test fail
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// A seed that accepts connections and never writes delays a node by the join timeout.
func TestAWaitingNodeSaysWhatItWaitsFor(t *testing.T) {
	silent := listenSilently(t)
	n := open(t, func(o *node.Options) { o.Bootstrap = []string{silent}; o.JoinTimeout = 300 * time.Millisecond })
	r := n.Readiness()
	require.False(t, r.Ready)
	assert.Equal(t, []string{"joining the mesh: dialling " + silent}, r.Reasons)
	assert.Equal(t, "not ready: joining the mesh: dialling "+silent, r.String())
	awaitReady(t, n)
	assert.Equal(t, "ready", n.Readiness().String())
}

// listenSilently returns the address of a listener that takes connections and never
// writes.
func listenSilently(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, l.Close()) })
	return l.Addr().String() // the system takes connections into the backlog
}
