package signalr

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMessagePackStaysBinaryOverANewSocket(t *testing.T) {
	s := start(t, statefulOptions(newTestHub()))
	r := s.roam(protocol.MessagePack(), "")
	require.Equal(t, "x", result[string](r.client, "Echo", "x"))
	r.cut()
	r.comeBack()
	f := r.frame()
	require.NoError(t, f.err)
	assert.Equal(t, websocket.BinaryMessage, f.kind)
}

// A stuck backplane takes nothing until a send gives up.
type stuck struct{ *busNode }

func (stuck) Publish(ctx context.Context, _ string, _ []byte) (int, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

func TestSendsOfHubMethodsWaitForSendTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options(newTestHub())
		o.Backplane, o.SendTimeout = stuck{new(bus).join()}, 3*time.Second
		c := start(t, o).connect("/hub", protocol.JSON())
		begin := time.Now()
		require.NoError(t, c.ws.WriteMessage(1, []byte(`{"type":1,"invocationId":"1","target":"ToAll","arguments":["x"]}`+"\x1e")))
		assert.Equal(t, "x", c.received("hear"), "the connections here do not wait")
		assert.True(t, c.next().(protocol.Completion).Failed)
		assert.Equal(t, 3*time.Second, time.Since(begin))
	})
}

func TestAUserThatCannotBeAnnouncedIsRefused(t *testing.T) {
	node := new(bus).join()
	o := options(newTestHub())
	o.Backplane = node
	s := start(t, o)
	node.onSubscribe = func(_ context.Context, channel string) error {
		if strings.Contains(channel, ":user:") {
			return errors.New("too many subscriptions")
		}
		return nil
	}
	c := s.dial("/hub?user=ann", protocol.JSON()).shakeHands()
	assert.Equal(t, websocket.CloseInternalServerErr, c.closed())
	s.connect("/hub", protocol.JSON())
}

func TestPollsOutlastTheReadTimeoutOfTheWebServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options(newTestHub())
		o.PollTimeout = 5 * time.Second
		s := startBehind(t, o, &http.Server{ReadTimeout: time.Second})
		token := s.pollHandshake()
		begin := time.Now()
		isPoll(t, s.poll(token), 200, plain, "")
		assert.Equal(t, 5*time.Second, time.Since(begin))
	})
}
