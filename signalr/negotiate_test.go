package signalr

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// request makes a plain HTTP request to a site.
func (s *site) request(method, path string, header ...string) (status int, body string, h http.Header) {
	r, err := http.NewRequest(method, "http://test"+path, nil)
	require.NoError(s.t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := s.client.Do(r)
	require.NoError(s.t, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return response.StatusCode, string(data), response.Header
}

// negotiate returns what a client learns by negotiating at path.
func (s *site) negotiate(path string) (answer negotiateResponse) {
	status, body, _ := s.request("POST", path)
	require.Equal(s.t, http.StatusOK, status)
	require.NoError(s.t, json.Unmarshal([]byte(body), &answer))
	return answer
}

func TestNegotiate(t *testing.T) {
	s := start(t, options(newTestHub()))
	const transports = `"availableTransports":[{"transport":"WebSockets","transferFormats":["Text","Binary"]},` +
		`{"transport":"ServerSentEvents","transferFormats":["Text"]},{"transport":"LongPolling","transferFormats":["Text","Binary"]}]}`
	for _, test := range []struct {
		path string
		want string // ID and TOKEN stand for the names drawn
	}{
		{"/hub/negotiate", `{"negotiateVersion":0,"connectionId":"ID",` + transports},
		{"/hub/negotiate?negotiateVersion=0", `{"negotiateVersion":0,"connectionId":"ID",` + transports},
		{"/hub/negotiate?negotiateVersion=1", `{"negotiateVersion":1,"connectionId":"ID","connectionToken":"TOKEN",` + transports},
		{"/HUB/Negotiate?NEGOTIATEVERSION=1", `{"negotiateVersion":1,"connectionId":"ID","connectionToken":"TOKEN",` + transports},
		{"/hub/negotiate?negotiateVersion=99&useStatefulReconnect=true", `{"negotiateVersion":1,"connectionId":"ID","connectionToken":"TOKEN",` + transports},
		{"/hub/negotiate?negotiateVersion=one", `{"error":"The client requested a non-integer protocol version."}`},
		{"/hub/negotiate?negotiateVersion=-1", `{"error":"The client requested version '-1', but the server does not support this version."}`},
	} {
		status, body, header := s.request("POST", test.path)
		assert.Equal(t, http.StatusOK, status, test.path)
		assert.Equal(t, "application/json", header.Get("Content-Type"), test.path)
		var answer negotiateResponse
		require.NoError(t, json.Unmarshal([]byte(body), &answer))
		if answer.ID != "" {
			assert.Len(t, answer.ID, 22)
			body = strings.Replace(body, answer.ID, "ID", 1)
		}
		if answer.Token != "" {
			assert.Len(t, answer.Token, 22)
			assert.NotEqual(t, answer.ID, answer.Token)
			body = strings.Replace(body, answer.Token, "TOKEN", 1)
		}
		assert.Equal(t, test.want, body, test.path)
	}
}

func TestRequestsToAHubOfWebSocketsOnly(t *testing.T) {
	o := options(newTestHub())
	o.Hubs[0].Transports = WebSockets
	s := start(t, o)
	token := s.negotiate("/hub/negotiate?negotiateVersion=1").Token
	id := "?id=" + token
	sse := []string{"Accept", "text/html, Text/Event-Stream;q=0.9"}
	upgrade := []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}
	for _, test := range []struct {
		method, path string
		header       []string
		status       int
		body         string
	}{
		{"GET", "/hub/negotiate", nil, 405, ""},
		{"OPTIONS", "/hub/negotiate", nil, 405, ""},
		{"PUT", "/hub", nil, 405, ""},
		{"GET", "/", nil, 404, "404 page not found\n"},
		{"POST", "/other/negotiate", nil, 404, "404 page not found\n"},
		{"GET", "/hub", nil, 400, "Connection ID required"},
		{"POST", "/hub", nil, 400, "Connection ID required"},
		{"DELETE", "/hub", nil, 400, "Connection ID required"},
		{"GET", "/hub?id=nobody", nil, 404, "No Connection with that ID"},
		{"GET", "/hub?id=nobody", upgrade, 404, "No Connection with that ID"},
		{"POST", "/hub?id=nobody", nil, 404, "No Connection with that ID"},
		{"DELETE", "/hub?id=nobody", nil, 404, "No Connection with that ID"},
		{"GET", "/hub" + id, nil, 404, "LongPolling transport not supported by this end point type"},
		{"GET", "/hub" + id, sse, 404, "ServerSentEvents transport not supported by this end point type"},
		{"POST", "/hub" + id, nil, 405, "POST requests are not allowed for WebSocket connections."},
		{"DELETE", "/hub" + id, nil, 400, "Cannot terminate this connection using the DELETE endpoint."},
		{"GET", "/hub" + id, append(upgrade, "Origin", "http://evil.example"), 403, ""},
	} {
		status, body, header := s.request(test.method, test.path, test.header...)
		assert.Equal(t, test.status, status, "%s %s", test.method, test.path)
		if test.status != 403 { // the text of which is the library's
			assert.Equal(t, test.body, body, "%s %s", test.method, test.path)
		}
		assert.True(t, strings.HasPrefix(header.Get("Content-Type"), "text/plain"), "%s %s", test.method, test.path)
	}
	// None of that used the token up.
	c := s.connect("/HUB/?ID="+token, protocol.JSON())
	assert.Equal(t, "x", result[string](c, "Echo", "x"))
	status, body, _ := s.request("GET", "/hub"+id, upgrade...)
	assert.Equal(t, http.StatusConflict, status, "it is open")
	assert.Empty(t, body)
}

func TestConnectionHasTheIDThatWasNegotiated(t *testing.T) {
	s := start(t, options(newTestHub()))
	one := s.negotiate("/hub/negotiate?negotiateVersion=1")
	assert.Equal(t, one.ID, result[string](s.connect("/hub?id="+one.Token, protocol.JSON()), "ID"))
	zero := s.negotiate("/hub/negotiate")
	assert.Equal(t, zero.ID, result[string](s.connect("/hub?id="+zero.ID, protocol.JSON()), "ID"))
}

func TestTokenBelongsToOneHub(t *testing.T) {
	o := options(newTestHub())
	o.Hubs = append(o.Hubs, HubOptions{Path: "/other", Hub: newTestHub(), Name: "Other"})
	s := start(t, o)
	token := s.negotiate("/other/negotiate?negotiateVersion=1").Token
	status, _, _ := s.request("GET", "/hub?id="+token)
	assert.Equal(t, http.StatusNotFound, status)
}

func TestNegotiatedConnectionsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, options(newTestHub()))
		open := s.negotiate("/hub/negotiate?negotiateVersion=1").Token
		never := s.negotiate("/hub/negotiate?negotiateVersion=1").Token
		c := s.connect("/hub?id="+open, protocol.JSON())
		time.Sleep(14 * time.Second)
		status, _, _ := s.request("POST", "/hub?id="+never)
		assert.Equal(t, http.StatusOK, status, "still known")
		time.Sleep(3 * time.Second)
		status, _, _ = s.request("POST", "/hub?id="+never)
		assert.Equal(t, http.StatusNotFound, status)
		assert.Equal(t, "x", result[string](c, "Echo", "x"))
	})
}

func TestNegotiationsAreBounded(t *testing.T) {
	evicted := 0
	ns := newNegotiations(Options{MaxNegotiations: 10, MaxNegotiationsPerAddress: 4}, func() { evicted++ })
	hub := &Hub{transports: allTransports}
	now := time.Now()
	negotiate := func(from string) *negotiated {
		n := newNegotiated(hub, &http.Request{RemoteAddr: from})
		ns.add(n, now)
		return n
	}
	known := func(n *negotiated) bool { return ns.byToken[n.token] == n }

	open := negotiate("192.0.2.9:1")
	_, no := ns.claim(hub, open.token, WebSockets)
	require.Nil(t, no)
	honest := negotiate("192.0.2.1:1")
	var flood []*negotiated
	for port := range 100 {
		flood = append(flood, negotiate(netip.AddrPortFrom(netip.MustParseAddr("192.0.2.2"), uint16(port)).String()))
	}
	assert.True(t, known(honest), "a flood of one address forgets its own")
	assert.True(t, known(open), "what is open is not forgotten")
	assert.False(t, known(flood[95]))
	assert.True(t, known(flood[96]) && known(flood[99]))
	assert.Equal(t, 96, evicted)

	for i := range 100 { // of one network, since a client has that many addresses
		negotiate(fmt.Sprintf("[2001:db8::%x]:1", i))
	}
	assert.Equal(t, 192, evicted)
	assert.True(t, known(honest))
	for i := range 20 {
		negotiate(fmt.Sprintf("198.51.100.%d:1", i))
	}
	assert.False(t, known(honest), "beyond the total the oldest is forgotten")
	assert.Equal(t, 10, ns.unopened.Len())
	assert.Len(t, ns.byToken, 11)

	ns.expire(now)
	assert.Len(t, ns.byToken, 11)
	ns.expire(now.Add(time.Second))
	assert.Len(t, ns.byToken, 1)
	assert.Empty(t, ns.byFrom)

	ns.unclaim(open) // its opening failed, so it waits again
	assert.Equal(t, 1, ns.unopened.Len())
	ns.close()
	assert.Empty(t, ns.byToken)
}
