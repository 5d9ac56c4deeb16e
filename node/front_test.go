package node_test

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/signalr"
)

// negotiate asks a hub for a connection over c, which stays open.
func negotiate(t *testing.T, c net.Conn) *http.Response {
	require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
	r, err := http.NewRequest(http.MethodPost, "http://"+c.RemoteAddr().String()+"/chat/negotiate?negotiateVersion=1", nil)
	require.NoError(t, err)
	require.NoError(t, r.Write(c))
	response, err := http.ReadResponse(bufio.NewReader(c), r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response
}

func dial(t *testing.T, n *node.Node) net.Conn {
	c, err := net.Dial("tcp", n.HTTPAddr())
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

// connectDeaf connects a client that ignores what it receives, also a request to leave.
func connectDeaf(t *testing.T, n *node.Node) {
	ws, response, err := websocket.DefaultDialer.Dial("ws://"+n.HTTPAddr()+"/chat", nil)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	t.Cleanup(func() { ws.Close() })
	require.NoError(t, ws.WriteMessage(websocket.TextMessage, []byte("{\"protocol\":\"json\",\"version\":1}\x1e")))
	_, answer, err := ws.ReadMessage()
	require.NoError(t, err)
	require.Equal(t, "{}\x1e", string(answer))
}

// reach waits until n is in a phase.
func reach(t *testing.T, n *node.Node, want node.Phase) {
	timeout := time.After(20 * time.Second)
	for phase, changed := n.WatchPhase(); phase != want; phase, changed = n.WatchPhase() {
		select {
		case <-changed:
		case <-timeout:
			require.FailNow(t, "phase not reached", "%v, not %v", phase, want)
		}
	}
}

func TestANodeThatMovesItsClientsRefusesConnectionsAndAnswersOldOnes(t *testing.T) {
	n := open(t, func(o *node.Options) { o.DrainDelay = -1 })
	addr := n.HTTPAddr()
	connectDeaf(t, n)
	for range 2 {
		old := make([]net.Conn, 100)
		for i := range old {
			old[i] = dial(t, n)
			require.Equal(t, http.StatusOK, negotiate(t, old[i]).StatusCode)
		}
		done := make(chan error)
		go func() {
			_, err := n.Drain(t.Context())
			done <- err
		}()
		reach(t, n, node.Moving)
		require.Eventually(t, func() bool { // the phase comes first
			c, err := net.Dial("tcp", addr)
			if err == nil {
				c.Close()
			}
			return errors.Is(err, syscall.ECONNREFUSED)
		}, 10*time.Second, time.Millisecond)
		assert.Equal(t, addr, n.HTTPAddr())
		refusal := negotiate(t, old[0])
		for i := 1; i < len(old) && refusal.StatusCode == http.StatusOK; i++ { // the hubs drain in the next moment
			refusal = negotiate(t, old[i])
		}
		assert.Equal(t, http.StatusServiceUnavailable, refusal.StatusCode)
		assert.True(t, refusal.Close, "Connection: close")

		require.NoError(t, n.Undrain())
		assert.ErrorIs(t, <-done, signalr.ErrUndrained)
		assert.Equal(t, addr, n.HTTPAddr())
		assert.Equal(t, http.StatusOK, negotiate(t, dial(t, n)).StatusCode)
	}
}

func TestAnUndoneDrainNeedsItsPort(t *testing.T) {
	n := open(t, nil)
	_, err := n.Drain(t.Context())
	require.NoError(t, err)
	other, err := net.Listen("tcp", n.HTTPAddr())
	require.NoError(t, err)
	assert.ErrorContains(t, n.Undrain(), "the node stays drained")
	assert.NotEqual(t, node.Serving, n.Phase())

	require.NoError(t, other.Close())
	require.NoError(t, n.Undrain())
	assert.Equal(t, node.Serving, n.Phase())
	assert.Equal(t, http.StatusOK, negotiate(t, dial(t, n)).StatusCode)
}

func TestANodeThatWaitsForBalancersAcceptsConnections(t *testing.T) {
	n := open(t, func(o *node.Options) { o.DrainDelay = time.Minute; o.DrainTimeout = 2 * time.Minute })
	done := make(chan error)
	go func() {
		_, err := n.Drain(t.Context())
		done <- err
	}()
	reach(t, n, node.Draining)
	assert.Equal(t, http.StatusOK, negotiate(t, dial(t, n)).StatusCode)
	require.NoError(t, n.Undrain())
	assert.ErrorIs(t, <-done, signalr.ErrUndrained)
	assert.Equal(t, http.StatusOK, negotiate(t, dial(t, n)).StatusCode)
}
