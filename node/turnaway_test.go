package node_test

import (
	"bufio"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
)

// A journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }

// dialHTTP opens a connection and leaves it idle.
func dialHTTP(t *testing.T, addr string) net.Conn {
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// askOn sends a request over conn and returns the answer.
func askOn(t *testing.T, conn net.Conn) *http.Response {
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err := conn.Write([]byte("POST /chat/negotiate?negotiateVersion=1 HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n"))
	require.NoError(t, err)
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	return r
}

func TestClientsBeyondTheLimitAreToldSo(t *testing.T) {
	log := &journal{}
	n := open(t, func(o *node.Options) { o.MaxConnections, o.Logger = 2, log.logger() })
	<-n.Ready()
	first, second := dialHTTP(t, n.HTTPAddr()), dialHTTP(t, n.HTTPAddr())
	assert.Equal(t, 200, askOn(t, first).StatusCode)
	assert.Equal(t, 200, askOn(t, second).StatusCode)
	for range 3 {
		r := askOn(t, dialHTTP(t, n.HTTPAddr()))
		assert.Equal(t, 503, r.StatusCode)
		assert.Equal(t, "5", r.Header.Get("Retry-After"))
		assert.True(t, r.Close, "Connection: close")
	}
	code, body := get(t, "http://"+n.AdminAddr()+"/readyz")
	assert.Equal(t, 503, code)
	assert.Contains(t, body, "full: 2 connections of clients are open, and the limit is 2")
	var s node.Status
	_, body = get(t, "http://"+n.AdminAddr()+"/api/status")
	require.NoError(t, json.Unmarshal([]byte(body), &s))
	require.Len(t, s.Alerts, 1)
	assert.Equal(t, "full", s.Alerts[0].Name)
	assert.WithinDuration(t, time.Now(), s.Alerts[0].Since, time.Minute)
	assert.Equal(t, 2, s.Capacity.Connections)
	assert.EqualValues(t, 3, s.Capacity.Refused)
	_, page := get(t, "http://"+n.AdminAddr()+"/")
	assert.Contains(t, page, "full: 2 connections of clients are open")
	assert.Contains(t, page, `<span class="state degraded">full</span>`)
	_, metrics := get(t, "http://"+n.AdminAddr()+"/metrics")
	assert.Contains(t, metrics, `signalmesh_node_alert{alert="full"} 1`)
	assert.Contains(t, metrics, "signalmesh_node_refused_connections_total 3")
	assert.Contains(t, metrics, "signalmesh_node_client_connections_limit 2")
	assert.Contains(t, metrics, "process_cpu_seconds_total")
	assert.Equal(t, 1, strings.Count(log.String(), "full: "), log.String())

	require.NoError(t, first.Close())
	require.NoError(t, second.Close())
	require.Eventually(t, func() bool { return n.Readiness().Ready }, 10*time.Second, 5*time.Millisecond)
	assert.Equal(t, 200, askOn(t, dialHTTP(t, n.HTTPAddr())).StatusCode)
}

func TestClosingDoesNotWaitForThoseWhoAreTurnedAway(t *testing.T) {
	n := open(t, func(o *node.Options) { o.MaxConnections = 1 })
	<-n.Ready()
	dialHTTP(t, n.HTTPAddr())
	for range 200 { // which read nothing, and stay open
		dialHTTP(t, n.HTTPAddr())
	}
	begin := time.Now()
	require.NoError(t, n.Close())
	assert.Less(t, time.Since(begin), 8*time.Second)
}

func TestAConnectionIDOfAnotherNodeIsAnAlert(t *testing.T) {
	log := &journal{}
	a := open(t, nil)
	b := open(t, func(o *node.Options) { o.Logger = log.logger() })
	<-b.Ready()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Post("http://"+a.HTTPAddr()+"/chat/negotiate?negotiateVersion=1", "", nil)
	require.NoError(t, err)
	defer r.Body.Close()
	var negotiated struct {
		Token string `json:"connectionToken"`
	}
	require.NoError(t, json.NewDecoder(r.Body).Decode(&negotiated))
	require.NotEmpty(t, negotiated.Token)
	request, err := http.NewRequest("GET", "http://"+b.HTTPAddr()+"/chat?id="+negotiated.Token, nil)
	require.NoError(t, err)
	request.Header.Set("Accept", "text/event-stream")
	refused, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, refused.Body.Close())
	assert.Equal(t, 404, refused.StatusCode)
	assert.Contains(t, log.String(), "sticky sessions")
	alerts := b.Status().Alerts
	require.Len(t, alerts, 1)
	assert.Equal(t, "unknown-connections", alerts[0].Name)
	assert.Contains(t, alerts[0].Text, "requests have a connection ID of another server (1 so far)")
	assert.Empty(t, a.Status().Alerts)
}
