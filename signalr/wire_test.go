package signalr

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const hello = `{"protocol":"json","version":1}` + "\x1e"

// A reply is the answer to an HTTP request, or the error that came instead.
type reply struct {
	status int
	header http.Header
	body   string
	err    error
}

// do makes an HTTP request and reads its answer.
func (s *site) do(ctx context.Context, method, path string, body io.Reader, header ...string) reply {
	r, err := http.NewRequestWithContext(ctx, method, "http://test"+path, body)
	if err != nil {
		return reply{err: err}
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	response, err := s.client.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header, string(data), err}
}

// later makes a request and gives its answer when that comes.
func later(request func() reply) <-chan reply {
	answer := make(chan reply, 1)
	go func() { answer <- request() }() // ends with the test's context or server
	return answer
}

func (s *site) poll(token string) reply {
	return s.do(s.t.Context(), "GET", "/hub?id="+token, nil)
}

func (s *site) post(token, text string) reply {
	return s.do(s.t.Context(), "POST", "/hub?id="+token, strings.NewReader(text))
}

func (s *site) delete(token string) reply {
	return s.do(s.t.Context(), "DELETE", "/hub?id="+token, nil)
}

// token negotiates and returns the token.
func (s *site) token() string { return s.negotiate("/hub/negotiate?negotiateVersion=1").Token }

// openPolling negotiates and polls for the first time, and no more.
func (s *site) openPolling() (token string) {
	token = s.token()
	require.Equal(s.t, 200, s.poll(token).status)
	return token
}

// pollHandshake opens long polling and shakes hands for JSON.
func (s *site) pollHandshake() (token string) {
	token = s.openPolling()
	require.Equal(s.t, 200, s.post(token, hello).status)
	require.Equal(s.t, "{}\x1e", s.poll(token).body)
	return token
}

// openEvents opens an event stream. Cancel ends it, as the end of the test does.
func (s *site) openEvents(token string) (response *http.Response, lines *bufio.Reader, cancel func()) {
	ctx, cancel := context.WithCancel(context.Background())
	s.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", "http://test/hub?id="+token, nil)
	require.NoError(s.t, err)
	r.Header.Set("Accept", "text/event-stream")
	response, err = s.client.Do(r)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { response.Body.Close() })
	return response, bufio.NewReader(response.Body), cancel
}

// line reads a line of an event stream, with its end.
func line(t testing.TB, lines *bufio.Reader) string {
	text, err := lines.ReadString('\n')
	require.NoError(t, err)
	return text
}

// event reads an event, and returns what it says.
func event(lines *bufio.Reader) (string, error) {
	var data []string
	for {
		text, err := lines.ReadString('\n')
		if err != nil {
			return "", err
		}
		switch text = strings.TrimSuffix(text, "\r\n"); {
		case text == "" && data != nil:
			return strings.Join(data, "\n"), nil
		case strings.HasPrefix(text, "data: "):
			data = append(data, text[len("data: "):])
		}
	}
}

// connectBy connects with a transport and shakes hands.
func (s *site) connectBy(transport Transports, path string, p protocol.Protocol) *client {
	if transport == WebSockets {
		return s.connect(path, p)
	}
	token := s.token()
	route, query, _ := strings.Cut(path, "?")
	url := "http://test" + route + "?id=" + token + "&" + query
	ctx, cancel := context.WithCancel(context.Background())
	c := &client{t: s.t, protocol: p, frames: make(chan frame, 1<<14), stop: make(chan struct{})}
	c.post = func(data []byte) {
		r, err := http.NewRequestWithContext(ctx, "POST", url, bytes.NewReader(data))
		require.NoError(s.t, err)
		response, err := s.client.Do(r)
		require.NoError(s.t, err)
		response.Body.Close()
		require.Equal(s.t, http.StatusOK, response.StatusCode)
	}
	get, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	require.NoError(s.t, err)
	if transport == ServerSentEvents {
		get.Header.Set("Accept", "text/event-stream")
	}
	first, err := s.client.Do(get)
	require.NoError(s.t, err)
	require.Equal(s.t, 200, first.StatusCode)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer first.Body.Close()
		if transport == ServerSentEvents {
			c.pumpEvents(bufio.NewReader(first.Body))
		} else {
			c.pumpPolls(func() (*http.Response, error) { return s.client.Do(get) })
		}
	}()
	s.t.Cleanup(func() {
		cancel()
		<-done
	})
	c.shakeHands()
	s.awaitOpen()
	return c
}

func (c *client) pumpEvents(lines *bufio.Reader) {
	for {
		data, err := event(lines)
		c.frames <- frame{data: []byte(data), err: err}
		if err != nil {
			return
		}
	}
}

// pumpPolls polls until that is answered with anything but 200. What ended it in
// order is io.EOF.
func (c *client) pumpPolls(poll func() (*http.Response, error)) {
	for {
		response, err := poll()
		if err != nil {
			c.frames <- frame{err: err}
			return
		}
		data, err := io.ReadAll(response.Body)
		response.Body.Close()
		switch {
		case response.StatusCode == http.StatusNoContent:
			err = io.EOF
		case response.StatusCode != http.StatusOK:
			err = fmt.Errorf("poll: %s", response.Status)
		}
		if err != nil || len(data) > 0 {
			c.frames <- frame{data: data, err: err}
		}
		if err != nil {
			return
		}
	}
}

// ended waits for the end of the connection. What comes before it is dropped.
func (c *client) ended() error {
	for {
		if f := c.frame(); f.err != nil {
			return f.err
		}
	}
}

// everyWay runs a test for each transport with each protocol that it carries.
func everyWay(t *testing.T, test func(t *testing.T, transport Transports, p protocol.Protocol)) {
	for _, way := range []struct {
		transport Transports
		protocol  protocol.Protocol
	}{
		{WebSockets, protocol.JSON()}, {WebSockets, protocol.MessagePack()},
		{ServerSentEvents, protocol.JSON()},
		{LongPolling, protocol.JSON()}, {LongPolling, protocol.MessagePack()},
	} {
		t.Run(fmt.Sprintf("%v/%s", way.transport, way.protocol.Name()), func(t *testing.T) {
			test(t, way.transport, way.protocol)
		})
	}
}

// isPlain asserts that an answer is a plain text.
func isPlain(t *testing.T, r reply, status int, body string) {
	t.Helper()
	assert.NoError(t, r.err)
	assert.Equal(t, status, r.status)
	assert.Equal(t, body, r.body)
	assert.Equal(t, "text/plain", r.header.Get("Content-Type"))
}
