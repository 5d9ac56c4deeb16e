package signalr

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Deadlines mean something else in HTTP/2: one that passes resets the stream.
func TestEventStreamOverHTTP2EndsInOrder(t *testing.T) {
	s := start(t, options(newTestHub()))
	web := httptest.NewUnstartedServer(s.Server)
	web.EnableHTTP2 = true
	web.StartTLS()
	defer web.Close()
	token := s.token()
	r, err := http.NewRequest("GET", web.URL+"/hub?id="+token, nil)
	require.NoError(t, err)
	r.Header.Set("Accept", "text/event-stream")
	response, err := web.Client().Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	assert.Equal(t, 2, response.ProtoMajor)
	c := &client{t: t, protocol: protocol.JSON(), frames: make(chan frame, 100)}
	c.post = func(data []byte) { isPlain(t, s.post(token, string(data)), 200, "") }
	go c.pumpEvents(bufio.NewReader(response.Body)) // ends with the stream
	c.shakeHands()
	assert.Equal(t, "x", result[string](c, "Echo", "x"))
	c.send(protocol.Close{})
	assert.Equal(t, protocol.Close{}, c.next())
	assert.EqualError(t, c.ended(), "EOF")
}
