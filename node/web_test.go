package node_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/node/tlsfiles"
	"github.com/signalmesh/signalmesh/node/tlsfiles/tlsfilestest"
)

// A logBook is a log that is read while a node writes it.
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

func (l *logBook) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// whoAsks answers with the address, the name and the version of HTTP of a request.
var whoAsks = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "%s %s %s", r.RemoteAddr, r.Host, r.Proto)
})

// askAs gets a URL as a host, over connections that dial makes, with further headers.
func askAs(t *testing.T, transport *http.Transport, method, url, host string, header ...string) (int, string) {
	t.Helper()
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	r.Host = host
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	response, err := (&http.Client{Transport: transport}).Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

// overTLS returns a transport that trusts certificates, and the name in the certificate
// that it was shown.
func overTLS(trusted *x509.CertPool, http2 bool) (*http.Transport, *string) {
	name := new(string)
	config := &tls.Config{RootCAs: trusted, VerifyConnection: func(s tls.ConnectionState) error {
		*name = s.PeerCertificates[0].Subject.CommonName
		return nil
	}}
	return &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: http2}, name
}

func TestANodeServesHTTPSAndHTTP2AndRenewsItsCertificate(t *testing.T) {
	folder, log := t.TempDir(), &logBook{}
	until := time.Now().Add(24 * time.Hour)
	cert, key, trusted := tlsfilestest.Write(t, folder, "first", until)
	n := open(t, func(o *node.Options) {
		o.Web.TLSCert, o.Web.TLSKey, o.Static, o.Logger = cert, key, whoAsks, log.logger()
	})
	assert.Equal(t, "https://"+n.HTTPAddr(), n.URL())
	assert.Equal(t, n.URL(), n.Status().URL)
	for _, http2 := range []bool{false, true} {
		transport, name := overTLS(trusted, http2)
		code, body := askAs(t, transport, "GET", n.URL()+"/", "localhost")
		assert.Equal(t, 200, code)
		assert.Contains(t, body, map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"}[http2])
		assert.Equal(t, "first", *name)
		code, _ = askAs(t, transport, "POST", n.URL()+"/chat/negotiate", "localhost")
		assert.Equal(t, 200, code)
	}
	ws, _, err := (&websocket.Dialer{TLSClientConfig: &tls.Config{RootCAs: trusted}}).DialContext(t.Context(), "wss://"+n.HTTPAddr()+"/chat", nil)
	require.NoError(t, err, "a WebSocket, over a connection of HTTP/1.1")
	require.NoError(t, ws.Close())
	code, body := askAs(t, &http.Transport{}, "GET", "http://"+n.HTTPAddr()+"/", "localhost")
	assert.Equal(t, 400, code)
	assert.Contains(t, body, "HTTPS")

	shown := func(trusted *x509.CertPool) string {
		time.Sleep(tlsfiles.CheckEvery) // the files are looked at again after that
		transport, name := overTLS(trusted, true)
		askAs(t, transport, "GET", n.URL()+"/", "localhost")
		return *name
	}
	_, _, renewed := tlsfilestest.Write(t, folder, "second", until)
	assert.Equal(t, "second", shown(renewed))
	require.NoError(t, os.WriteFile(key, []byte("rubbish"), 0o600))
	assert.Equal(t, "second", shown(renewed), "the last one that was right")
	assert.Equal(t, 1, strings.Count(log.String(), "level=WARN"), log)
}

func TestANodeServesAUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "http.sock")
	n := open(t, func(o *node.Options) {
		o.HTTP, o.Static = "unix:"+path, whoAsks
		o.Web.TrustedProxies = []string{"unix"}
	})
	assert.Equal(t, "unix:"+path, n.HTTPAddr())
	assert.Equal(t, "http://unix:"+path+":", n.URL())
	var dialer net.Dialer
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dialer.DialContext(ctx, "unix", path) }}
	_, body := askAs(t, transport, "GET", "http://app.example/", "app.example", "X-Forwarded-For", "203.0.113.9", "X-Forwarded-Host", "public.example")
	assert.Equal(t, "203.0.113.9:0 public.example HTTP/1.1", body)
	code, _ := askAs(t, transport, "POST", "http://app.example/chat/negotiate", "app.example")
	assert.Equal(t, 200, code)
	require.NoError(t, n.Close())
	_, err := os.Stat(path)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestANodeTakesThePROXYProtocol(t *testing.T) {
	for _, secure := range []bool{false, true} {
		cert, key, trusted := tlsfilestest.Write(t, t.TempDir(), "x", time.Now().Add(time.Hour))
		log := &logBook{}
		n := open(t, func(o *node.Options) {
			o.Web.ProxyProtocol, o.Web.TrustedProxies, o.Static, o.Logger = true, []string{"127.0.0.1"}, whoAsks, log.logger()
			if secure {
				o.Web.TLSCert, o.Web.TLSKey = cert, key
			}
		})
		transport, _ := overTLS(trusted, true)
		header := "PROXY TCP4 203.0.113.9 192.0.2.1 4711 443\r\n"
		transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err == nil {
				_, err = io.WriteString(c, header)
			}
			return c, err
		}
		_, body := askAs(t, transport, "GET", n.URL()+"/", "app.example")
		assert.Contains(t, body, "203.0.113.9:4711 app.example")
		_, body = askAs(t, transport, "GET", n.URL()+"/", "app.example", "X-Forwarded-For", "6.6.6.6")
		assert.Contains(t, body, "203.0.113.9:4711", "that client is not a proxy")

		header = ""
		r, err := http.NewRequestWithContext(t.Context(), "GET", n.URL()+"/", nil)
		require.NoError(t, err)
		_, err = (&http.Client{Transport: transport}).Do(r) //nolint:bodyclose // there is none
		assert.Error(t, err)
		assert.Contains(t, log.String(), "a trusted proxy sent no PROXY header")
		assert.Equal(t, map[string]uint64{"proxy": 1}, n.Status().Refused)
		_, metrics := get(t, "http://"+n.AdminAddr()+"/metrics")
		assert.Contains(t, metrics, `signalmesh_node_refused_total{cause="proxy",listener="http"} 1`)
	}
}

func TestTheAdminListenerAnswersToItsNames(t *testing.T) {
	log := &logBook{}
	n := open(t, func(o *node.Options) {
		o.Name, o.Logger, o.Web.AllowedHosts = "Web-1", log.logger(), []string{"*.ops.example"}
	})
	for host, want := range map[string]int{
		n.AdminAddr(): 200, "localhost:9810": 200, "[::1]": 200, "web-1:9810": 200, "a.ops.example": 200,
		"rebound.example": 403, "rebound.example:9810": 403, "web-1.example": 403,
	} {
		for _, path := range []string{"/", "/api/status", "/api/settings", "/api/door", "/metrics", "/healthz", "/readyz", "/api/drain"} {
			code, body := askAs(t, &http.Transport{}, "GET", "http://"+n.AdminAddr()+path, host)
			if want == 403 {
				assert.Equal(t, 403, code, "%s %s", host, path)
				assert.NotContains(t, body, "Web-1")
			} else {
				assert.NotEqual(t, 403, code, "%s %s", host, path)
			}
		}
	}
	assert.Equal(t, 2, strings.Count(log.String(), "admin request refused"), log)
	assert.Contains(t, log.String(), "--allowed-hosts rebound.example ")
	assert.Equal(t, map[string]uint64{"admin host": 24}, n.Status().Refused)
	_, page := get(t, "http://"+n.AdminAddr()+"/")
	assert.Contains(t, page, "admin host: 24")

	// Health checks of load balancers may send no Host at all.
	c, err := net.Dial("tcp", n.AdminAddr())
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "GET /healthz HTTP/1.0\r\n\r\n")
	require.NoError(t, err)
	answer, err := io.ReadAll(c)
	require.NoError(t, err)
	assert.Contains(t, string(answer), "200 OK")
}

func TestHubsAnswerToTheAllowedHosts(t *testing.T) {
	n := open(t, func(o *node.Options) {
		o.Web.AllowedHosts, o.SignalR.AllowedHosts = []string{"app.example"}, []string{"old.example"}
	})
	for host, want := range map[string]int{"app.example": 200, "old.example:80": 200, "other.example": 403, n.HTTPAddr(): 200} {
		code, _ := askAs(t, &http.Transport{}, "POST", "http://"+n.HTTPAddr()+"/chat/negotiate", host)
		assert.Equal(t, want, code, host)
	}
	assert.Equal(t, map[string]uint64{"host": 1}, n.Status().Refused)
}

func TestForwardedHeadersAreForTheStaticHandlerToo(t *testing.T) {
	for _, trusted := range []bool{false, true} {
		n := open(t, func(o *node.Options) {
			o.Static = whoAsks
			if trusted {
				o.Web.TrustedProxies = []string{"127.0.0.0/8"}
			}
		})
		_, body := askAs(t, &http.Transport{}, "GET", "http://"+n.HTTPAddr()+"/", "backend", "X-Forwarded-For", "203.0.113.9", "X-Forwarded-Host", "app.example")
		assert.Equal(t, trusted, body == "203.0.113.9:0 app.example HTTP/1.1", body)
	}
}

func TestWrongWebOptionsAreRefusedWithTheRemedy(t *testing.T) {
	cert, key, _ := tlsfilestest.Write(t, t.TempDir(), "x", time.Now().Add(time.Hour))
	for want, change := range map[string]func(*node.Options){
		"tls-cert and tls-key belong together":       func(o *node.Options) { o.Web.TLSCert = cert },
		"proxy-protocol needs trusted-proxies":       func(o *node.Options) { o.Web.ProxyProtocol = true },
		"write it as 10.0.0.7":                       func(o *node.Options) { o.Web.TrustedProxies = []string{"lb"} },
		"is not a host name; write app.example.net":  func(o *node.Options) { o.Web.AllowedHosts = []string{"http://x"} },
		"but no HTTP listener":                       func(o *node.Options) { o.HTTP, o.Web.TLSCert, o.Web.TLSKey = "", cert, key },
		"give a PEM certificate with its chain":      func(o *node.Options) { o.Web.TLSCert, o.Web.TLSKey = key, cert },
		"no such file":                               func(o *node.Options) { o.Web.TLSCert, o.Web.TLSKey = cert, key+".missing" },
		"the admin listener cannot be a unix socket": func(o *node.Options) { o.Admin = "unix:/run/x" },
		"give a path in a folder that exists":        func(o *node.Options) { o.HTTP = "unix:/nowhere/x.sock" },
	} {
		o := node.Options{
			HTTP: "127.0.0.1:0", Listen: "127.0.0.1:0", Hubs: hubs(),
			NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "chat"},
		}
		change(&o)
		_, err := node.New(t.Context(), o)
		assert.ErrorContains(t, err, want)
	}
}

func TestWebSettingsAreShown(t *testing.T) {
	n := open(t, func(o *node.Options) {
		o.Web.TrustedProxies = []string{"10.0.0.0/8", "unix"}
		o.SignalR.WriteTimeout = 20 * time.Second
	})
	_, body := get(t, "http://"+n.AdminAddr()+"/api/settings")
	var rows []node.Setting
	require.NoError(t, json.Unmarshal([]byte(body), &rows))
	values := map[string]string{}
	for _, r := range rows {
		values[r.Name] = r.Value
	}
	assert.Equal(t, "10.0.0.0/8, unix", values["trusted-proxies"])
	assert.Equal(t, "25s", values["tcp-timeout"], "longer than a write may take")
	assert.Equal(t, "-", values["tls-cert"])
}
