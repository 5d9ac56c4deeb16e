package signalr

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// isPoll asserts what answers polls.
func isPoll(t *testing.T, r reply, status int, contentType, body string) {
	t.Helper()
	require.NoError(t, r.err)
	assert.Equal(t, status, r.status)
	assert.Equal(t, contentType, r.header.Get("Content-Type"))
	assert.Equal(t, body, r.body)
	notCached(t, r)
}

func notCached(t *testing.T, r reply) {
	t.Helper()
	assert.Equal(t, "no-cache, no-store", r.header.Get("Cache-Control"))
	assert.Equal(t, "no-cache", r.header.Get("Pragma"))
	assert.Equal(t, "Thu, 01 Jan 1970 00:00:00 GMT", r.header.Get("Expires"))
}

const (
	plain  = "text/plain"
	stream = "application/octet-stream"
)

func TestPollsAreAnsweredAsTheReferenceSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		token := s.token()
		begin := time.Now()
		first := s.poll(token)
		isPoll(t, first, 200, stream, "")
		assert.Equal(t, "0", first.header.Get("Content-Length"))

		pending := later(func() reply { return s.poll(token) })
		synctest.Wait()
		isPlain(t, s.post(token, hello), 200, "")
		isPoll(t, <-pending, 200, stream, "{}\x1e")
		assert.Zero(t, time.Since(begin))

		id := <-hub.connected
		nothing := s.poll(token)
		isPoll(t, nothing, 200, plain, "")
		assert.Equal(t, "0", nothing.header.Get("Content-Length"))
		assert.Equal(t, 50*time.Second, time.Since(begin))

		clients := s.Hub("/hub").Clients(t.Context())
		require.NoError(t, clients.Client(id).Send("a"))
		require.NoError(t, clients.Client(id).Send("b"))
		all := `{"type":1,"target":"a","arguments":[]}` + "\x1e" + `{"type":1,"target":"b","arguments":[]}` + "\x1e"
		synctest.Wait()
		data := s.poll(token)
		isPoll(t, data, 200, stream, all)
		assert.Equal(t, "78", data.header.Get("Content-Length"))

		s.post(token, `{"type":1,"target":"Abort","arguments":[]}`+"\x1e")
		synctest.Wait()
		isPoll(t, s.poll(token), 200, stream, `{"type":7}`+"\x1e")
		isPoll(t, s.poll(token), 204, plain, "")
		synctest.Wait()
		isPoll(t, s.poll(token), 404, plain, "No Connection with that ID")
		isPoll(t, s.poll(""), 400, plain, "Connection ID required")
	})
}

func TestPollTimeoutIsAnOption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options(newTestHub())
		o.PollTimeout = 7 * time.Second
		s := start(t, o)
		token := s.pollHandshake()
		begin := time.Now()
		isPoll(t, s.poll(token), 200, plain, "")
		assert.Equal(t, 7*time.Second, time.Since(begin))
	})
}

func TestNewerPollTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		token := s.pollHandshake()
		<-hub.connected
		one := later(func() reply { return s.poll(token) })
		synctest.Wait()
		two := later(func() reply { return s.poll(token) })
		isPoll(t, <-one, 204, plain, "")
		synctest.Wait()
		assert.Empty(t, two)
		require.NoError(t, s.Hub("/hub").Clients(t.Context()).All().Send("a"))
		isPoll(t, <-two, 200, stream, `{"type":1,"target":"a","arguments":[]}`+"\x1e")
	})
}

func TestOneOfTwoRacingPollsIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		token := s.pollHandshake()
		<-hub.connected
		// A poll whose body nobody reads is slow to make way.
		require.NoError(t, s.Hub("/hub").Clients(t.Context()).All().Send("hear", strings.Repeat("x", 64<<10)))
		r, err := http.NewRequest("GET", "http://test/hub?id="+token, nil)
		require.NoError(t, err)
		slow, err := s.client.Do(r)
		require.NoError(t, err)
		defer slow.Body.Close()
		one := later(func() reply { return s.poll(token) })
		synctest.Wait()
		isPoll(t, s.poll(token), 409, plain, "")
		body, err := io.ReadAll(slow.Body)
		require.NoError(t, err)
		assert.Greater(t, len(body), 64<<10)
		synctest.Wait()
		assert.Empty(t, one)
		require.NoError(t, s.Hub("/hub").Clients(t.Context()).All().Send("a"))
		isPoll(t, <-one, 200, stream, `{"type":1,"target":"a","arguments":[]}`+"\x1e")
	})
}

func TestAbortedPollGivesWayToTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		token := s.pollHandshake()
		<-hub.connected
		ctx, abort := context.WithCancel(t.Context())
		aborted := later(func() reply { return s.do(ctx, "GET", "/hub?id="+token, nil) })
		synctest.Wait()
		abort()
		assert.ErrorIs(t, (<-aborted).err, context.Canceled)
		time.Sleep(14 * time.Second)
		require.NoError(t, s.Hub("/hub").Clients(t.Context()).All().Send("a"))
		synctest.Wait()
		isPoll(t, s.poll(token), 200, stream, `{"type":1,"target":"a","arguments":[]}`+"\x1e")
		assert.Empty(t, hub.disconnected)
	})
}

func TestClientThatPollsNoMoreIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		token := s.pollHandshake()
		<-hub.connected
		s.post(token, `{"type":1,"invocationId":"1","target":"Hold","arguments":[]}`+"\x1e")
		<-hub.held
		s.post(token, `{"type":1,"invocationId":"2","target":"Hold","arguments":[]}`+"\x1e") // the reader waits with it
		begin := time.Now()
		assert.NoError(t, <-hub.disconnected)
		assert.Equal(t, 15*time.Second, time.Since(begin))
		synctest.Wait()
		isPoll(t, s.poll(token), 404, plain, "No Connection with that ID")
	})
}

func TestPostsAreNoPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		o := options(hub)
		o.PollGap = 4 * time.Second
		s := start(t, o)
		token := s.pollHandshake()
		<-hub.connected
		for range 3 {
			time.Sleep(time.Second)
			isPlain(t, s.post(token, `{"type":6}`+"\x1e"), 200, "")
		}
		begin := time.Now()
		assert.NoError(t, <-hub.disconnected)
		assert.Equal(t, time.Second, time.Since(begin))
	})
}

func TestPendingPollIsNoGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		token := s.pollHandshake()
		for range 5 {
			isPoll(t, s.poll(token), 200, plain, "")
			time.Sleep(14 * time.Second)
		}
		assert.Empty(t, hub.disconnected)
	})
}

func TestDeleteEndsLongPolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		token := s.pollHandshake()
		<-hub.connected
		s.post(token, `{"type":1,"invocationId":"1","target":"Hold","arguments":[]}`+"\x1e")
		<-hub.held
		pending := later(func() reply { return s.poll(token) })
		synctest.Wait()
		begin := time.Now()
		isPlain(t, s.delete(token), 202, "")
		isPoll(t, <-pending, 204, plain, "")
		assert.NoError(t, <-hub.disconnected, "and the context of Hold has ended")
		assert.Zero(t, time.Since(begin))
		s.served.Wait()
		isPlain(t, s.delete(token), 404, "No Connection with that ID")
		isPlain(t, s.post(token, "x"), 404, "No Connection with that ID")
	})
}

func TestDeleteBetweenPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		token := s.pollHandshake()
		<-hub.connected
		s.post(token, `{"type":7,"error":"mine"}`+"\x1e")
		isPlain(t, s.delete(token), 202, "")
		assert.ErrorContains(t, <-hub.disconnected, "mine", "what came before counts")
	})
}

func TestDeleteInMidMessage(t *testing.T) {
	hub := newTestHub()
	s := start(t, options(hub))
	token := s.pollHandshake()
	<-hub.connected
	s.post(token, `{"type":`)
	isPlain(t, s.delete(token), 202, "")
	assert.ErrorContains(t, <-hub.disconnected, "Connection terminated while reading a message.")
}

func TestDeleteIsHeededWhileTheReaderWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		token := s.pollHandshake()
		<-hub.connected
		for range 2 {
			s.post(token, `{"type":1,"invocationId":"1","target":"Hold","arguments":[]}`+"\x1e")
		}
		<-hub.held
		synctest.Wait()
		isPlain(t, s.delete(token), 202, "")
		isPoll(t, s.poll(token), 204, plain, "")
		isPlain(t, s.post(token, "x"), 404, "")
		begin := time.Now()
		assert.NoError(t, <-hub.disconnected)
		assert.LessOrEqual(t, time.Since(begin), 15*time.Second)
	})
}

func TestHandshakeBeforeDeleteIsHarmless(t *testing.T) {
	s := start(t, options(newTestHub()))
	token := s.openPolling()
	isPlain(t, s.delete(token), 202, "")
	s.served.Wait()
}

func TestMuchWaitsForAPollAndThePollTakesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		token := s.pollHandshake()
		<-hub.connected
		text := strings.Repeat("x", 30<<10)
		for range 10 {
			require.NoError(t, s.Hub("/hub").Clients(t.Context()).All().Send("hear", text))
			synctest.Wait()
		}
		total := 0
		for total < 10*len(text) {
			r := s.poll(token)
			require.Equal(t, 200, r.status)
			require.True(t, strings.HasSuffix(r.body, "\x1e"), "whole messages only")
			require.NotEmpty(t, r.body)
			total += strings.Count(r.body, "x")
		}
	})
}

func TestStalledPollEndsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		token := s.pollHandshake()
		<-hub.connected
		r, err := http.NewRequest("GET", "http://test/hub?id="+token, nil)
		require.NoError(t, err)
		require.NoError(t, s.Hub("/hub").Clients(t.Context()).All().Send("hear", strings.Repeat("x", 64<<10)))
		response, err := s.client.Do(r)
		require.NoError(t, err)
		defer response.Body.Close()
		begin := time.Now()
		assert.NoError(t, <-hub.disconnected)
		assert.Equal(t, 10*time.Second, time.Since(begin))
	})
}

func TestShutdownWaitsForLastPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		token := s.pollHandshake()
		<-hub.connected
		done := make(chan error, 1)
		go func() { done <- s.Shutdown(context.Background()) }()
		synctest.Wait()
		assert.Empty(t, done)
		isPoll(t, s.poll(token), 200, stream, `{"type":7,"allowReconnect":true}`+"\x1e")
		isPoll(t, s.poll(token), 204, plain, "")
		assert.NoError(t, <-done)
	})
}

func TestRequestOutlivesItsPoll(t *testing.T) {
	s := start(t, options(newTestHub()))
	c := s.connectBy(LongPolling, "/hub", protocol.JSON())
	assert.Equal(t, "/hub", result[string](c, "Path"))
}
