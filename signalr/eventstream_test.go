package signalr

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEventStreamBeginsAtOnce(t *testing.T) {
	s := start(t, options(newTestHub()))
	response, lines, _ := s.openEvents(s.token())
	assert.Equal(t, 200, response.StatusCode)
	for name, want := range map[string]string{
		"Content-Type":      "text/event-stream",
		"Cache-Control":     "no-cache,no-store,no-transform",
		"Pragma":            "no-cache",
		"Content-Encoding":  "identity",
		"X-Accel-Buffering": "no",
	} {
		assert.Equal(t, want, response.Header.Get(name))
	}
	assert.Equal(t, ":\r\n", line(t, lines))
	// HAProxy delays chunks.
	assert.Empty(t, response.TransferEncoding)
	assert.Empty(t, response.Header.Get("Transfer-Encoding"))
}

func TestEventsAreHubMessages(t *testing.T) {
	s := start(t, options(newTestHub()))
	token := s.token()
	_, lines, _ := s.openEvents(token)
	isPlain(t, s.post(token, hello), 200, "")
	assert.Equal(t, ":\r\n", line(t, lines))
	assert.Equal(t, "data: {}\x1e\r\n", line(t, lines))
	assert.Equal(t, "\r\n", line(t, lines))
	isPlain(t, s.post(token, `{"type":1,"invocationId":"1","target":"Echo","arguments":["x\ny"]}`+"\x1e"), 200, "")
	assert.Equal(t, `data: {"type":3,"invocationId":"1","result":"x\ny"}`+"\x1e\r\n", line(t, lines))
	assert.Equal(t, "\r\n", line(t, lines))
}

func TestEventsAreCutAtLineFeeds(t *testing.T) {
	for _, test := range []struct {
		frames []string
		want   string
	}{
		{[]string{"a\x1e"}, "data: a\x1e\r\n\r\n"},
		{[]string{"a\x1e", "b\x1e"}, "data: a\x1eb\x1e\r\n\r\n"},
		{[]string{"a\nb\r\nc\x1e", "d\x1e"}, "data: a\r\ndata: b\r\ndata: c\x1ed\x1e\r\n\r\n"},
		{[]string{"\n\n"}, "data: \r\ndata: \r\ndata: \r\n\r\n"},
		{[]string{"a\rb"}, "data: a\rb\r\n\r\n"},
		{[]string{""}, "data: \r\n\r\n"},
	} {
		var frames [][]byte
		for _, f := range test.frames {
			frames = append(frames, []byte(f))
		}
		w := httptest.NewRecorder()
		require.NoError(t, writeEvent(w, frames))
		assert.Equal(t, test.want, w.Body.String())
	}
}

func TestEventStreamsCarryNoBinaryProtocol(t *testing.T) {
	hub := newTestHub()
	s := start(t, options(hub))
	token := s.token()
	_, lines, _ := s.openEvents(token)
	isPlain(t, s.post(token, `{"protocol":"messagepack","version":1}`+"\x1e"), 200, "")
	got, err := event(lines)
	require.NoError(t, err)
	assert.Equal(t, `{"error":"Cannot use the 'messagepack' protocol on the current transport. The transport does not support 'Binary' transfer format."}`+"\x1e", got)
	_, err = event(lines)
	assert.Equal(t, io.EOF, err)
	require.NoError(t, s.Close())
	assert.Empty(t, hub.connected)
}

func TestPostsBeforeTheEventStreamAreQueued(t *testing.T) {
	s := start(t, options(newTestHub()))
	token := s.token()
	isPlain(t, s.post(token, hello), 200, "")
	isPlain(t, s.post(token, `{"type":1,"invocationId":"1","target":"Echo","arguments":["x"]}`+"\x1e"), 200, "")
	_, lines, _ := s.openEvents(token)
	got, err := event(lines)
	require.NoError(t, err)
	for !strings.Contains(got, `"result":"x"`) {
		more, err := event(lines)
		require.NoError(t, err)
		got += more
	}
}

func TestClientThatLeavesItsEventStreamIsGone(t *testing.T) {
	hub := newTestHub()
	s := start(t, options(hub))
	token := s.token()
	_, lines, leave := s.openEvents(token)
	s.post(token, hello)
	_, err := event(lines)
	require.NoError(t, err)
	<-hub.connected
	leave()
	assert.NoError(t, <-hub.disconnected)
	s.served.Wait()
	isPlain(t, s.post(token, "x"), 404, "No Connection with that ID")
}

// A stream must not wait for a hub method that does not heed its context.
type stubborn struct{ begun, end chan struct{} }

func (h stubborn) Stay(call *Call) {
	close(h.begun)
	call.Abort()
	<-h.end
}

func TestEventStreamEndsBeforeItsHubMethods(t *testing.T) {
	h := stubborn{make(chan struct{}), make(chan struct{})}
	s := start(t, options(h))
	c := s.connectBy(ServerSentEvents, "/hub", protocol.JSON())
	c.start("Stay")
	<-h.begun
	assert.Equal(t, io.EOF, c.ended())
	close(h.end)
}

func TestStalledEventStreamEndsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		token := s.token()
		_, lines, _ := s.openEvents(token)
		s.post(token, hello)
		_, err := event(lines)
		require.NoError(t, err)
		<-hub.connected
		begin := time.Now()
		text := strings.Repeat("x", 64<<10) // more than the client's library reads ahead
		require.NoError(t, s.Hub("/hub").Clients(t.Context()).All().Send("hear", text))
		assert.NoError(t, <-hub.disconnected)
		assert.Equal(t, 10*time.Second, time.Since(begin))
	})
}

func TestCloseDoesNotWaitForStalledEventStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		token := s.token()
		_, lines, _ := s.openEvents(token)
		s.post(token, hello)
		_, err := event(lines)
		require.NoError(t, err)
		<-hub.connected
		text := strings.Repeat("x", 64<<10)
		require.NoError(t, s.Hub("/hub").Clients(t.Context()).All().Send("hear", text))
		synctest.Wait()
		begin := time.Now()
		require.NoError(t, s.Close())
		assert.Zero(t, time.Since(begin))
	})
}

func TestEventStreamOutlivesTheLimitsOfItsWebServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startLimited(t, options(newTestHub()), 3*time.Second)
		for _, transport := range []Transports{ServerSentEvents, LongPolling} {
			c := s.connectBy(transport, "/hub", protocol.JSON())
			time.Sleep(40 * time.Second)
			assert.Equal(t, "alive", result[string](c, "Echo", "alive"), transport)
		}
	})
}
