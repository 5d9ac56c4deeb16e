package signalr

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lines returns the lines that have a text.
func (j *journal) lines(text string) (lines []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.text.String()) {
		if strings.Contains(line, text) {
			lines = append(lines, line)
		}
	}
	return lines
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// A troubled hub fails in every way.
type troubled struct{}

func (troubled) Plain() error { return errors.New("the database is away") }
func (troubled) Told() error  { return &HubError{Message: "no such room", Err: errors.New("cause")} }
func (troubled) Panic()       { panic("planted") }
func (troubled) Canceled(call *Call) error {
	<-call.Context().Done()
	return call.Context().Err()
}
func (troubled) OnConnected(call *Call) error {
	if call.Request().URL.Query().Has("refused") {
		return errors.New("the cache is away")
	}
	return nil
}

func TestFailuresOfMethodsAreLogged(t *testing.T) {
	log := new(journal)
	s := start(t, Options{Hubs: []HubOptions{{Path: "/hub", Hub: troubled{}}}, Logger: log.logger()})
	c := s.connect("/hub", protocol.JSON())
	for _, target := range []string{"Plain", "Told", "Panic"} {
		require.True(t, c.invoke(target).Failed)
	}
	require.Len(t, log.lines("the database is away"), 1)
	assert.Contains(t, log.lines("the database is away")[0], "level=ERROR")
	assert.Contains(t, log.lines("the database is away")[0], "method=Plain")
	assert.Contains(t, log.lines("no such room")[0], "level=DEBUG")
	errorsLogged := 0
	for _, line := range log.lines("planted") {
		if strings.Contains(line, "level=ERROR") {
			errorsLogged++
		}
	}
	assert.Equal(t, 1, errorsLogged, "a panic is an error once")

	id := c.start("Canceled")
	c.send(protocol.CancelInvocation{InvocationID: id})
	require.True(t, c.next().(protocol.Completion).Failed)
	assert.Contains(t, log.lines("method=Canceled")[0], "level=DEBUG")
	s.dial("/hub?refused", protocol.JSON()).shakeHands().closed()
	assert.Contains(t, log.lines("the cache is away")[0], "level=ERROR")
}

func TestDevelopmentShowsErrors(t *testing.T) {
	s := start(t, Options{Hubs: []HubOptions{{Path: "/hub", Hub: troubled{}}}, Development: true, Logger: slog.New(slog.DiscardHandler)})
	assert.Contains(t, s.connect("/hub", protocol.JSON()).invoke("Plain").Error, "the database is away")
	assert.True(t, newLogger(nil, true).Enabled(t.Context(), slog.LevelInfo), "without a Logger it writes to stderr")
	assert.False(t, newLogger(nil, false).Enabled(t.Context(), slog.LevelError))
}

func TestRefusedWebSocketsAreCountedAndLoggedOnce(t *testing.T) {
	log := new(journal)
	s := start(t, Options{Hubs: []HubOptions{{Path: "/hub", Hub: troubled{}}}, Logger: log.logger()})
	dial := func(origin string) {
		d := websocket.Dialer{NetDialContext: s.listener.dial}
		_, response, err := d.Dial("ws://test/hub", http.Header{"Origin": {origin}})
		require.Error(t, err)
		require.Equal(t, http.StatusForbidden, response.StatusCode)
	}
	for range 3 {
		dial("https://evil.example")
	}
	dial("https://app.example")
	count := func(cause refusalCause) float64 {
		return testutil.ToFloat64(s.metrics.refusedRequests.WithLabelValues(string(cause)))
	}
	assert.EqualValues(t, 4, count(refusedOrigin))
	require.Len(t, log.lines("cause=origin"), 2, "once for each origin")
	assert.Contains(t, log.lines("cause=origin")[0], "level=WARN")
	assert.Contains(t, log.lines("cause=origin")[0], "add it to AllowedOrigins (--allow-origin https://evil.example)")

	request := func(header http.Header) *http.Request {
		r := httptest.NewRequest("GET", "/hub", nil)
		r.Header = header
		return r
	}
	handshake := http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
	for range 3 {
		w := httptest.NewRecorder() // has no Hijack
		s.ServeHTTP(w, request(handshake))
		assert.Equal(t, http.StatusInternalServerError, w.Code)
	}
	assert.EqualValues(t, 3, count(refusedHijacker))
	require.Len(t, log.lines("cause=hijacker"), 1)
	assert.Contains(t, log.lines("cause=hijacker")[0], "level=WARN")

	for i := range 2 * maxRefusalsLogged {
		dial("https://" + strings.Repeat("x", i+1))
	}
	assert.Len(t, log.lines("cause=origin"), maxRefusalsLogged, "what clients choose does not fill the log")
}
