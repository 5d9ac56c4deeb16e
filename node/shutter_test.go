package node_test

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/signalr"
)

func TestADrainedNodeRefusesTCPConnections(t *testing.T) {
	n := open(t, func(o *node.Options) { o.DrainDelay = -1 })
	<-n.Ready()
	for range 2 {
		_, err := n.Drain(t.Context())
		require.NoError(t, err)
		_, err = net.Dial("tcp", n.HTTPAddr())
		require.Error(t, err)
		require.NoError(t, n.Undrain())
		status, _ := negotiate(t, n)
		assert.Equal(t, http.StatusOK, status)
	}
	_, err := n.Drain(t.Context())
	require.NoError(t, err)
	other, err := net.Listen("tcp", n.HTTPAddr())
	require.NoError(t, err)
	assert.ErrorContains(t, n.Undrain(), "open the HTTP listener again")
	assert.Equal(t, node.Drained, n.Phase(), "it does not report that it is ready")
	require.NoError(t, other.Close())
	require.NoError(t, n.Undrain())
	assert.Equal(t, node.Serving, n.Phase())
	connect(t, n)
	_, err = n.Drain(t.Context())
	assert.NoError(t, err)
	require.NoError(t, n.Close(), "also while it refuses")
}

func TestRefusingLeavesClientsConnectedUntilTheirCloseMessage(t *testing.T) {
	n := open(t, func(o *node.Options) { o.DrainDelay = -1 })
	<-n.Ready()
	ws := connect(t, n)
	done := make(chan node.DrainReport, 1)
	go func() {
		report, err := n.Drain(t.Context())
		assert.NoError(t, err)
		done <- report
	}()
	assert.Equal(t, `{"type":7,"allowReconnect":true}`+"\x1e", read(t, ws))
	_, err := net.Dial("tcp", n.HTTPAddr())
	assert.Error(t, err, "refused before the first Close message")
	ws.ReadMessage() // answers the close frame
	assert.Equal(t, 1, (<-done).Moved)
}

// negotiateOver asks a hub for a connection over c, which stays open.
func negotiateOver(t *testing.T, c net.Conn) *http.Response {
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

func TestANodeThatMovesItsClientsRefusesConnectionsAndAnswersOldOnes(t *testing.T) {
	n := open(t, func(o *node.Options) { o.DrainDelay = -1 })
	addr := n.HTTPAddr()
	connect(t, n) // ignores what it is sent, also the request to leave
	for range 2 {
		old := make([]net.Conn, 100)
		for i := range old {
			old[i] = dial(t, n)
			require.Equal(t, http.StatusOK, negotiateOver(t, old[i]).StatusCode)
		}
		done := make(chan error)
		go func() {
			_, err := n.Drain(t.Context())
			done <- err
		}()
		awaitPhase(t, n, node.Moving)
		require.Eventually(t, func() bool { // the phase comes first
			c, err := net.Dial("tcp", addr)
			if err == nil {
				c.Close()
			}
			return errors.Is(err, syscall.ECONNREFUSED)
		}, 10*time.Second, time.Millisecond)
		assert.Equal(t, addr, n.HTTPAddr())
		refusal := negotiateOver(t, old[0])
		for i := 1; i < len(old) && refusal.StatusCode == http.StatusOK; i++ { // the hubs drain in the next moment
			refusal = negotiateOver(t, old[i])
		}
		assert.Equal(t, http.StatusServiceUnavailable, refusal.StatusCode)
		assert.True(t, refusal.Close, "Connection: close")

		require.NoError(t, n.Undrain())
		assert.ErrorIs(t, <-done, signalr.ErrUndrained)
		assert.Equal(t, addr, n.HTTPAddr())
		assert.Equal(t, http.StatusOK, negotiateOver(t, dial(t, n)).StatusCode)
	}
}
