package routers

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	handshake = `{"protocol":"json","version":1}` + "\x1e"
	call      = `{"type":1,"invocationId":"1","target":"Echo","arguments":["x"]}` + "\x1e"
	result    = `{"type":3,"invocationId":"1","result":"x"}` + "\x1e"
)

// A client calls Echo at the hub of a URL, over one transport after the other.
type client struct {
	t   *testing.T
	url string
}

func (c client) do(method, path, body, accept string) *http.Response {
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	require.NoError(c.t, err)
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(c.t, err)
	return response
}

// text makes a request and returns its status and body.
func (c client) text(method, path, body string) (int, string) {
	response := c.do(method, path, body, "")
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(c.t, err)
	return response.StatusCode, string(text)
}

// negotiate returns the query of a new connection.
func (c client) negotiate() string {
	code, body := c.text(http.MethodPost, "/negotiate?negotiateVersion=1", "")
	require.Equal(c.t, http.StatusOK, code, body)
	var answer struct{ ConnectionToken string }
	require.NoError(c.t, json.Unmarshal([]byte(body), &answer))
	return "?id=" + answer.ConnectionToken
}

func (c client) post(query, body string) {
	code, text := c.text(http.MethodPost, query, body)
	require.Equal(c.t, http.StatusOK, code, text)
}

func (c client) webSockets() {
	ws, response, err := websocket.DefaultDialer.DialContext(c.t.Context(), "ws"+strings.TrimPrefix(c.url, "http")+c.negotiate(), nil)
	require.NoError(c.t, err, "%v", response)
	defer ws.Close()
	for _, step := range []struct{ sent, want string }{{handshake, "{}\x1e"}, {call, result}} {
		require.NoError(c.t, ws.WriteMessage(websocket.TextMessage, []byte(step.sent)))
		_, got, err := ws.ReadMessage()
		require.NoError(c.t, err)
		assert.Equal(c.t, step.want, string(got))
	}
}

func (c client) events() {
	query := c.negotiate()
	response := c.do(http.MethodGet, query, "", "text/event-stream")
	defer response.Body.Close()
	require.Equal(c.t, http.StatusOK, response.StatusCode)
	assert.Equal(c.t, "text/event-stream", response.Header.Get("Content-Type"))
	lines := bufio.NewScanner(response.Body)
	next := func() string {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return data
			}
		}
		return "the stream ended"
	}
	c.post(query, handshake)
	assert.Equal(c.t, "{}\x1e", next())
	c.post(query, call)
	assert.Equal(c.t, result, next())
}

func (c client) polls() {
	query := c.negotiate()
	for _, step := range []struct{ sent, want string }{{"", ""}, {handshake, "{}\x1e"}, {call, result}} {
		if step.sent != "" {
			c.post(query, step.sent)
		}
		code, got := c.text(http.MethodGet, query, "")
		require.Equal(c.t, http.StatusOK, code)
		assert.Equal(c.t, step.want, got)
	}
	code, _ := c.text(http.MethodDelete, query, "")
	assert.Equal(c.t, http.StatusAccepted, code)
}

// refused checks that a transport is refused with an error status, and soon.
func (c client) refused(accept string, header http.Header) {
	began := time.Now()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.url+c.negotiate(), nil)
	require.NoError(c.t, err)
	r.Header = header.Clone()
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(c.t, err)
	require.NoError(c.t, response.Body.Close())
	assert.Equal(c.t, http.StatusInternalServerError, response.StatusCode)
	assert.Less(c.t, time.Since(began), 10*time.Second)
}
