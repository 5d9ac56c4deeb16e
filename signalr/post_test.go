package signalr

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPostsWaitForRoomAndOneAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		token := s.pollHandshake()
		<-hub.connected
		hold := `{"type":1,"invocationId":"1","target":"Hold","arguments":[]}` + "\x1e"
		isPlain(t, s.post(token, hold), 200, "")
		<-hub.held
		isPlain(t, s.post(token, hold), 200, "") // the reader waits with it
		synctest.Wait()
		ping := `{"type":6}` + "\x1e"
		isPlain(t, s.post(token, strings.Repeat(ping, 5000)), 200, "") // queued, not processed
		one := later(func() reply { return s.post(token, strings.Repeat(ping, 2000)) })
		synctest.Wait()
		two := later(func() reply { return s.post(token, ping) })
		synctest.Wait()
		assert.Empty(t, one, "there is no room")
		assert.Empty(t, two, "it is not its turn")
		close(hub.hold)
		isPlain(t, <-one, 200, "")
		isPlain(t, <-two, 200, "")
	})
}

func TestPostsThatWaitEndWithTheirConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		// With "Connection: close" the web server does not read the rest of a body.
		// The client would then see the end of the pipe instead of the answer.
		s.client.Transport.(*http.Transport).DisableKeepAlives = false
		token := s.pollHandshake()
		<-hub.connected
		for range 2 {
			s.post(token, `{"type":1,"invocationId":"1","target":"Hold","arguments":[]}`+"\x1e")
		}
		synctest.Wait()
		one := later(func() reply { return s.post(token, strings.Repeat(" ", 80<<10)) })
		synctest.Wait()
		two := later(func() reply { return s.post(token, "x") })
		synctest.Wait()
		isPlain(t, s.delete(token), 202, "")
		isPlain(t, <-one, 404, "")
		isPlain(t, <-two, 404, "")
	})
}

func TestPostsToAnUnopenedConnectionAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, options(newTestHub()))
		token := s.token()
		begin := time.Now()
		waits := later(func() reply { return s.post(token, strings.Repeat("x", 5000)) })
		synctest.Wait()
		assert.Empty(t, waits)
		isPlain(t, <-waits, 404, "")
		assert.InDelta(t, 15, time.Since(begin).Seconds(), 1.1, "it is forgotten")
	})
}

func TestSlowBodiesAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, options(newTestHub()))
		token := s.openPolling()
		body, feed := io.Pipe()
		defer feed.Close()
		begin := time.Now()
		slow := later(func() reply { return s.do(t.Context(), "POST", "/hub?id="+token, body) })
		synctest.Wait()
		other := later(func() reply { return s.post(token, hello) })
		isPlain(t, <-slow, 408, "The request's body came too slowly.")
		assert.Equal(t, bodyGrace, time.Since(begin))
		isPlain(t, <-other, 200, "")
	})
}

func TestBodiesThatBreakOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, options(newTestHub()))
		token := s.openPolling()
		conn, err := s.listener.dial(t.Context(), "", "")
		require.NoError(t, err)
		_, err = io.WriteString(conn, "POST /hub?id="+token+" HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n")
		require.NoError(t, err)
		head := make([]byte, 64)
		n, err := conn.Read(head)
		require.NoError(t, err)
		assert.Contains(t, string(head[:n]), "HTTP/1.1 400 ")
		conn.Close()
		isPlain(t, s.post(token, hello), 200, "")
	})
}

func TestPace(t *testing.T) {
	var p pace
	assert.Equal(t, bodyGrace, p.left())
	p.read(480, time.Second)
	assert.Equal(t, 6*time.Second, p.left())
	p.read(0, time.Minute)
	assert.Zero(t, p.left())
}

func TestInboxGoesOnAtHalf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newInbox()
		in.open()
		put := make(chan error, 1)
		go func() { put <- in.put(t.Context(), make([]byte, inboxLimit)) }()
		synctest.Wait()
		assert.Empty(t, put)
		buf, err := in.take(make([]byte, 0, inboxLimit/2))
		require.NoError(t, err)
		assert.Len(t, buf, inboxLimit/2)
		synctest.Wait()
		assert.Empty(t, put, "half is not less than half")
		_, err = in.take(make([]byte, 0, 1))
		require.NoError(t, err)
		assert.NoError(t, <-put)
		in.end()
		assert.True(t, errors.Is(in.put(t.Context(), nil), errClientGone))
		rest, err := in.take(make([]byte, 0, inboxLimit))
		require.NoError(t, err, "what is there may still be taken")
		assert.Len(t, rest, inboxLimit/2-1)
		_, err = in.take(nil)
		assert.ErrorIs(t, err, errClientGone)
	})
}
