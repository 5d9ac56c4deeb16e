package door_test

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/door"
)

// A journal is a log that tests read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
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

// warnings returns the lines of level WARN.
func (j *journal) warnings() (lines []string) {
	for line := range strings.Lines(j.String()) {
		if strings.Contains(line, "level=WARN") {
			lines = append(lines, line)
		}
	}
	return lines
}

// watched opens one site with a log and metrics.
func watched(t testing.TB, change func(*door.Options)) (site, *journal, *prometheus.Registry) {
	log, registry := &journal{}, prometheus.NewRegistry()
	s := sites(t, 1, func(o *door.Options) {
		o.Logger, o.Metrics = slog.New(slog.NewTextHandler(log, nil)), registry
		if change != nil {
			change(o)
		}
	})
	return s[0], log, registry
}

// ended returns how many connections the endpoint ended for a reason.
func ended(t testing.TB, r *prometheus.Registry, reason string) int {
	families, err := r.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() != "signalmesh_door_ended_connections_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			if m.GetLabel()[0].GetValue() == reason {
				return int(m.GetCounter().GetValue())
			}
		}
	}
	require.Fail(t, "no such reason: "+reason)
	return 0
}

const published = "*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$1\r\nx\r\n"

func TestNothingOfAnHTTPRequestIsRun(t *testing.T) {
	s, log, registry := watched(t, nil)
	listener := dial(t, s.addr())
	listener.ask("SUBSCRIBE", "c")
	requests := []string{
		"GET / HTTP/1.1\r\nAccept: */*\r\n\r\n", "GET /a?b=%20c HTTP/1.0\r\n\r\n", "get / http/1.1\r\n", "HEAD / HTTP/1.1\r\n",
		"POST / HTTP/1.1\r\nHost: 127.0.0.1:6379\r\n\r\n", "post /\r\n", "PUT / HTTP/1.1\r\n", "OPTIONS * HTTP/1.1\r\n", "DELETE /x\r\n",
		"PATCH / HTTP/1.1\r\n", "TRACE /\r\n", "CONNECT a:1 HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PROPFIND / HTTP/1.1\r\n",
		"Host: x\r\n", "hOST: x\r\n", "host:x\r\n", "Origin: http://evil.example\r\n", "\r\n\r\nPOST / HTTP/1.1\r\n", "'POST' / HTTP/1.1\r\n",
		"GET /" + strings.Repeat("x", 30_000) + " HTTP/1.1\r\n", "*1\r\n$4\r\nPOST\r\n", "*2\r\n$5\r\nHost:\r\n$1\r\nx\r\n",
	}
	for _, head := range requests {
		for _, step := range []int{1 << 20, 7} {
			w := dial(t, s.addr())
			for text := head + published; len(text) > 0; text = text[min(step, len(text)):] {
				if _, err := w.Write([]byte(text[:min(step, len(text))])); err != nil {
					break // it is closed already
				}
			}
			assert.Empty(t, w.rest(), head)
		}
	}
	assert.Equal(t, 2*len(requests), ended(t, registry, "http"))
	assert.Len(t, log.warnings(), 1, "one line for the address")
	assert.Contains(t, log.String(), "sent an HTTP request")
	require.Equal(t, ":1\r\n", dial(t, s.addr()).ask("PUBLISH", "c", "of a real client"))
	assert.Equal(t, message("c", "of a real client"), listener.reply(), "nothing else was published")
}

// A browser and its libraries send more than one line at a time.
func TestARealHTTPClientIsRefused(t *testing.T) {
	s, _, _ := watched(t, nil)
	listener := dial(t, s.addr())
	listener.ask("SUBSCRIBE", "c")
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodOptions, "PUBLISH"} {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.addr()+"/", strings.NewReader("\r\n"+published))
		require.NoError(t, err)
		_, err = http.DefaultTransport.RoundTrip(r)
		assert.Error(t, err, method)
	}
	require.Equal(t, ":1\r\n", dial(t, s.addr()).ask("PUBLISH", "c", "real"))
	assert.Equal(t, message("c", "real"), listener.reply())
}

// Channels and values may look like HTTP.
func TestCommandsThatOnlyLookLikeHTTPAreRun(t *testing.T) {
	w := dial(t, sites(t, 1, nil)[0].addr())
	assert.Equal(t, ":0\r\n", w.ask("PUBLISH", "Host: x", "HTTP/1.1"))
	assert.Equal(t, subscribed("subscribe", "http://x", 1), w.ask("SUBSCRIBE", "http://x"))
	w = dial(t, sites(t, 1, nil)[0].addr())
	w.send("PUBLISH a:b \"POST / HTTP/1.1\"\r\n")
	assert.Equal(t, ":0\r\n", w.reply())
	assert.Contains(t, w.ask("GET", "/", "HTTP/1.1"), "-ERR wrong number of arguments")
}

func TestATLSClientIsToldOfThePlainEndpoint(t *testing.T) {
	s, log, registry := watched(t, nil)
	for range 3 {
		c, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", s.addr()) //nolint:gosec // there is no certificate
		if err == nil {
			_ = c.Close()
		}
		assert.ErrorContains(t, err, "handshake failure", "an alert, not a reset")
	}
	require.Len(t, log.warnings(), 1)
	assert.Contains(t, log.String(), "the client speaks TLS, the endpoint does not")
	assert.Equal(t, 3, ended(t, registry, "tls"))
}

// A client that ends its sending side gets the answers to all that it sent.
func TestAnswersAreWrittenAfterTheEndOfTheInput(t *testing.T) {
	s := sites(t, 1, nil)
	half := func(text string) string {
		w := dial(t, s[0].addr())
		w.send(text)
		require.NoError(t, w.Conn.(interface{ CloseWrite() error }).CloseWrite())
		return w.rest()
	}
	for range 20 {
		assert.Equal(t, "+PONG\r\n", half("PING\r\n"))
	}
	large := strings.Repeat("x", 1<<20)
	assert.Equal(t, strings.Repeat(bulk(large), 8), half(strings.Repeat(array("ECHO", large), 8)))
	assert.Equal(t, "+OK\r\n"+subscribed("subscribe", "c", 1), half("CLIENT SETNAME me\r\nSUBSCRIBE c\r\n"), "also one that may come back")
	assert.Equal(t, subscribed("subscribe", "c", 1)+subscribed("unsubscribe", "c", 0), half("SUBSCRIBE c\r\nUNSUBSCRIBE c\r\n"))
	assert.Equal(t, "-ERR Protocol error: invalid multibulk length\r\n", half("*x\r\n"+strings.Repeat("y", 5000)))
	require.Eventually(t, func() bool { return len(s[0].Census().Clients) == 0 }, patience, time.Millisecond)
}

func TestUnknownCommandsAreLoggedOnceByName(t *testing.T) {
	s, log, _ := watched(t, nil)
	w := dial(t, s.addr())
	for range 3 {
		for _, c := range [][]string{
			{"CLIENT", "SETINFO", "lib-name", "x"}, {"CONFIG", "GET", "timeout"}, {"SENTINEL", "MASTERS"}, {"CLUSTER", "NODES"}, {"ROLE"},
			{"COMMAND", "DOCS"}, {"COMMAND"}, {"COMMAND", "COUNT"}, {"READONLY"}, {"TIME"}, {"MODULE", "LIST"}, {"CLIENT", "MAINT_NOTIFICATIONS", "on"},
			{"GET", "__Booksleeve_TieBreak"}, {"SLOWLOG", "LEN"}, {"LATENCY", "LATEST"}, {"INFO"}, {"SELECT", "1"},
		} {
			assert.NotEmpty(t, w.ask(c...))
		}
	}
	assert.Empty(t, log.warnings(), "probes are quiet")
	for range 3 {
		w.ask("SET", "secret-key", "secret-value")
		w.ask("hmset", "secret-key", "f", "secret-value")
		w.ask("secret value", "x")
	}
	lines := log.warnings()
	require.Len(t, lines, 3)
	assert.Contains(t, lines[0], "command=SET ")
	assert.Contains(t, lines[1], "command=HMSET ")
	assert.NotContains(t, log.String(), "secret")
	assert.NotContains(t, strings.ToLower(log.String()), "value")
}
