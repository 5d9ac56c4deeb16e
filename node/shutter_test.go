package node_test

import (
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
)

func TestADrainedNodeCanRefuseTCPConnections(t *testing.T) {
	n := open(t, func(o *node.Options) { o.DrainDelay, o.DrainRefuse = -1, true })
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
	n := open(t, func(o *node.Options) { o.DrainDelay, o.DrainRefuse = -1, true })
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
