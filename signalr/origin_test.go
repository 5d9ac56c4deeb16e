package signalr

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A logBook is a log that is read while a server writes it.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// logged returns o with a log of warnings.
func logged(o Options) (Options, *logBook) {
	l := &logBook{}
	o.Logger = slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return o, l
}

// upgradeHeaders are those of a WebSocket's request.
var upgradeHeaders = []string{
	"Connection", "Upgrade", "Upgrade", "websocket",
	"Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==",
}

// upgradeAs asks for a WebSocket as a host, with further headers, and returns the status.
func upgradeAs(t *testing.T, client *http.Client, url, host string, header ...string) int {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	r.Host = host
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	for i := 0; i < len(upgradeHeaders); i += 2 {
		r.Header.Add(upgradeHeaders[i], upgradeHeaders[i+1])
	}
	response, err := client.Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

func TestOriginsAreComparedAsProxiesLeaveThem(t *testing.T) {
	s := start(t, options(newTestHub()))
	for _, test := range []struct {
		host, origin string
		want         int
	}{
		{"app.example", "https://app.example", 101},
		{"app.example", "http://app.example", 101},
		{"App.Example", "https://aPP.example", 101},
		{"app.example", "https://app.example:8443", 101}, // the proxy drops the port
		{"app.example:443", "https://app.example", 101},  // the proxy adds it
		{"app.example:80", "https://app.example", 101},   // the port of the proxy's listener, behind TLS
		{"app.example:80", "http://app.example:80", 101},
		{"app.example:8443", "https://app.example:8443", 101},
		{"app.example:8443", "https://app.example", 403},
		{"app.example:5001", "http://app.example:5002", 403},
		{"localhost:5000", "http://localhost:3000", 403},
		{"[::1]:5000", "http://[::1]:5000", 101},
		{"[::1]", "http://[::1]:5000", 101},
		{"app.example", "https://evil.example", 403},
		{"app.example", "https://app.example.evil.example", 403},
		{"app.example", "ftp://app.example", 403},
		{"app.example", "null", 403},
		{"app.example", "https://app.example/path", 403},
		{"app.example", "https://user@app.example", 403},
		{"backend:5001", "https://app.example", 403},
	} {
		assert.Equal(t, test.want, upgradeAs(t, s.client, "http://test/hub", test.host, "Origin", test.origin), "%s at %s", test.origin, test.host)
	}
}

func TestTheSchemeOfAnOriginCountsWhereItIsKnown(t *testing.T) {
	server, err := NewServer(options(newTestHub()))
	require.NoError(t, err)
	defer server.Close()
	for _, test := range []struct {
		tls    bool
		origin string
		want   bool
	}{{true, "https://a.example", true}, {true, "http://a.example", false}, {false, "https://a.example", true}} {
		r := httptest.NewRequest("GET", "http://a.example/hub", nil)
		if test.tls {
			r.TLS = &tls.ConnectionState{}
		}
		r.Header.Set("Origin", test.origin)
		assert.Equal(t, test.want, server.checkOrigin(r), "%v", test)
	}
}

func TestForwardedHeadersCountFromTrustedProxiesOnly(t *testing.T) {
	for _, trusted := range []bool{false, true} {
		o := options(newTestHub())
		seen := make(chan string, 1)
		o.UserID = func(r *http.Request) string {
			seen <- r.RemoteAddr
			return ""
		}
		if trusted {
			o.TrustedProxies = []string{"127.0.0.0/8"}
		}
		server, err := NewServer(o)
		require.NoError(t, err)
		web := httptest.NewServer(server)
		t.Cleanup(func() { server.Close(); web.Close() })
		upgrade := func(proto string, more ...string) int {
			return upgradeAs(t, http.DefaultClient, web.URL+"/hub", "backend", append(more, "Origin", "https://app.example",
				"X-Forwarded-For", "203.0.113.9", "X-Forwarded-Host", "app.example", "X-Forwarded-Proto", proto)...)
		}
		want := map[bool]int{true: 101, false: 403}[trusted]
		assert.Equal(t, want, upgrade("https"))
		assert.Equal(t, want, upgrade("wss"))
		assert.Equal(t, 403, upgrade("http"), "of another scheme")

		token := negotiatedAt(t, web.URL)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, web.URL+"/hub?id="+token, nil)
		require.NoError(t, err)
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		response, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		response, err = http.Post(web.URL+"/hub?id="+token, "", strings.NewReader(hello))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		if addr := <-seen; trusted {
			assert.Equal(t, "203.0.113.9:0", addr)
		} else {
			assert.Contains(t, addr, "127.0.0.1:")
		}
	}
}

// negotiatedAt negotiates with a server and returns the token.
func negotiatedAt(t *testing.T, url string) string {
	response, err := http.Post(url+"/hub/negotiate?negotiateVersion=1", "", nil)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(body), `"connectionToken":"`)
	require.True(t, found, "%s", body)
	token, _, _ := strings.Cut(rest, `"`)
	return token
}

func TestRefusedOriginsAreLoggedOnceAndCounted(t *testing.T) {
	o, log := logged(options(newTestHub()))
	s := start(t, o)
	for range 3 {
		assert.Equal(t, 403, upgradeAs(t, s.client, "http://test/hub", "app.example", "Origin", "https://evil.example"))
	}
	assert.Equal(t, 1, strings.Count(log.String(), "level=WARN"), log)
	assert.Contains(t, log.String(), "--allow-origin https://evil.example")
	assert.Equal(t, 403, upgradeAs(t, s.client, "http://test/hub", "app.example", "Origin", "null"))
	assert.Contains(t, log.String(), "pages without an origin")
	assert.EqualValues(t, 4, testutil.ToFloat64(s.metrics.refusedRequests.WithLabelValues("origin")))
	assert.Equal(t, map[string]uint64{"origin": 4}, s.Refused())

	for i := range 2 * maxRefusalsLogged { // invented origins do not fill the log
		upgradeAs(t, s.client, "http://test/hub", "app.example", "Origin", fmt.Sprintf("https://evil-%d.example", i))
	}
	assert.Equal(t, maxRefusalsLogged, strings.Count(log.String(), "level=WARN"))
	assert.EqualValues(t, 4+2*maxRefusalsLogged, s.Refused()["origin"])
}

func TestANameThatWasMadeToPointAtLoopbackIsRefused(t *testing.T) {
	o, log := logged(options(newTestHub()))
	server, err := NewServer(o)
	require.NoError(t, err)
	web := httptest.NewServer(server)
	defer func() { server.Close(); web.Close() }()
	_, port, _ := strings.Cut(strings.TrimPrefix(web.URL, "http://"), ":")
	for host, want := range map[string]int{
		"rebound.example:" + port: 403,
		"127.0.0.1:" + port:       101, "localhost:" + port: 101, "a.localhost:" + port: 101, "[::1]:" + port: 101,
		"app.example": 101, "app.example:443": 101, "backend:5001": 101, // as proxies on this machine send it
	} {
		assert.Equal(t, want, upgradeAs(t, http.DefaultClient, web.URL+"/hub", host, "Origin", "http://"+host), host)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL+"/hub/negotiate", nil)
	require.NoError(t, err)
	r.Host = "rebound.example:" + port
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, 403, response.StatusCode, "negotiate")
	assert.Equal(t, 1, strings.Count(log.String(), "level=WARN"), log)
	assert.Contains(t, log.String(), "--allowed-hosts rebound.example)")
	assert.Equal(t, map[string]uint64{"host": 2}, server.Refused())
}

func TestAllowedHostsAreTheOnlyNames(t *testing.T) {
	o := options(newTestHub())
	o.AllowedHosts = []string{"app.example", "*.app.example"}
	s := start(t, o)
	for host, want := range map[string]int{
		"app.example": 101, "a.app.example:8443": 101, "192.0.2.1:5000": 101, "localhost": 101, "other.example": 403,
	} {
		assert.Equal(t, want, upgradeAs(t, s.client, "http://test/hub", host), host)
	}
	o.AllowedHosts = []string{"https://app.example"}
	o.TrustedProxies = []string{"lb.example"}
	_, err := NewServer(o)
	assert.ErrorContains(t, err, `allowed host "https://app.example" is not a host name`)
	assert.ErrorContains(t, err, `trusted proxy "lb.example" is not an address`)
}

func TestAPollWithAnUpgradeHeaderIsAPoll(t *testing.T) {
	s := start(t, options(newTestHub()))
	for _, header := range [][]string{
		{"Connection", "upgrade"},
		{"Connection", "upgrade", "Upgrade", "websocket"},
		{"Connection", "upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13"},
	} {
		r := s.do(t.Context(), "GET", "/hub?id="+s.token(), nil, header...)
		isPoll(t, r, 200, stream, "")
	}
	broken := []string{"Connection", "upgrade", "Upgrade", "websocket", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}
	assert.Equal(t, 400, s.do(t.Context(), "GET", "/hub", nil, broken...).status, "a WebSocket without its version")
	assert.Equal(t, map[string]uint64{"handshake": 1}, s.Refused())
}
