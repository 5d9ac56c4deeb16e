package redisbackplane_test

import (
	"encoding/hex"
	"testing"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/redisbackplane"
)

// What a server of ASP.NET Core publishes, byte for byte, arrives as it is.
func TestMessagesOfAspNetCoreArrive(t *testing.T) {
	r := startRedis(t)
	a := r.open()
	got := attach(t, a)
	require.NoError(t, a.Subscribe(t.Context(), "Chat.Hubs.ChatHub:all"))
	invocation, err := hex.DecodeString("929082a27031c4012aa27032c4012a") // from Microsoft's tests
	require.NoError(t, err)
	c := r.client()
	publish := c.B().Publish().Channel("app:Chat.Hubs.ChatHub:all").Message(rueidis.BinaryString(invocation)).Build()
	n, err := c.Do(t.Context(), publish).AsInt64()
	require.NoError(t, err)
	assert.EqualValues(t, 1, n)
	got.await(t, redisbackplane.Foreign+" Chat.Hubs.ChatHub:all "+string(invocation))
}

// A server of ASP.NET Core sees the channel and payload it expects, with one more
// element behind.
func TestMessagesGoOutAsAspNetCoreExpectsThem(t *testing.T) {
	r := startRedis(t)
	a := r.open()
	c := r.client()
	arrived := make(chan rueidis.PubSubMessage, 1)
	dedicated, release := c.Dedicate()
	defer release()
	dedicated.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: func(m rueidis.PubSubMessage) { arrived <- m }})
	require.NoError(t, dedicated.Do(t.Context(), c.B().Subscribe().Channel("app:Hub:group:g").Build()).Error())
	n, err := a.Publish(t.Context(), "Hub:group:g", []byte("\x92\x90\x80"))
	require.NoError(t, err)
	assert.Equal(t, 1, n, "the other kind of server counts")
	m := <-arrived
	assert.Equal(t, "app:Hub:group:g", m.Channel)
	require.Greater(t, len(m.Message), 4)
	assert.Equal(t, "\x93\x90\x80\xc4", m.Message[:4])
	assert.Contains(t, m.Message, a.Self())
}
