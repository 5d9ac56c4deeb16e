package forwarded_test

import (
	"crypto/tls"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/forwarded"
)

func TestOnlyTrustedProxiesAreBelieved(t *testing.T) {
	proxies, err := forwarded.Parse([]string{"10.0.0.0/8", "192.0.2.7", "fd00::/8", "unix"})
	require.NoError(t, err)
	for name, test := range map[string]struct {
		from, headers        string // headers: For|Proto|Host
		remote, host, scheme string
	}{
		"a stranger":                  {"203.0.113.9:1", "1.1.1.1|https|a.example", "203.0.113.9:1", "own", ""},
		"a proxy":                     {"10.0.0.1:5", "203.0.113.9|https|a.example:8443", "203.0.113.9:0", "a.example:8443", "https"},
		"a proxy in IPv6 form":        {"[::ffff:10.0.0.1]:5", "203.0.113.9|http|", "203.0.113.9:0", "own", "http"},
		"a unix socket":               {"@", "203.0.113.9|wss|", "203.0.113.9:0", "own", "https"},
		"two proxies":                 {"10.0.0.1:5", "203.0.113.9, 192.0.2.7|https|a.example", "203.0.113.9:0", "a.example", "https"},
		"a forged head of the list":   {"10.0.0.1:5", "6.6.6.6, 203.0.113.9, 192.0.2.7|ftp, https, http|evil, a.example, b", "203.0.113.9:0", "a.example", "https"},
		"lists of other lengths":      {"10.0.0.1:5", "6.6.6.6, 203.0.113.9|http, ws, https|evil, x, b", "203.0.113.9:0", "b", "https"},
		"proxies only":                {"10.0.0.1:5", "10.0.0.9, 192.0.2.7|https|", "10.0.0.9:0", "own", "https"},
		"an address with a port":      {"10.0.0.1:5", "203.0.113.9:4711||", "203.0.113.9:4711", "own", ""},
		"IPv6":                        {"[fd00::1]:5", "[2001:db8::1]:80||", "[2001:db8::1]:80", "own", ""},
		"IPv6 without brackets":       {"[fd00::1]:5", "2001:db8::1||", "[2001:db8::1]:0", "own", ""},
		"nothing that is an address":  {"10.0.0.1:5", "203.0.113.9, unknown||", "10.0.0.1:5", "own", ""},
		"no header":                   {"10.0.0.1:5", "||", "10.0.0.1:5", "own", ""},
		"no host":                     {"10.0.0.1:5", "||a b/c", "10.0.0.1:5", "own", ""},
		"a host that is far too long": {"10.0.0.1:5", "||" + strings.Repeat("a", 300), "10.0.0.1:5", "own", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr, r.Host = test.from, "own"
			for i, value := range strings.Split(test.headers, "|") {
				if value != "" {
					r.Header.Set([]string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"}[i], value)
				}
			}
			got := proxies.Apply(r)
			assert.Equal(t, test.remote, got.RemoteAddr)
			assert.Equal(t, test.host, got.Host)
			assert.Equal(t, test.scheme, forwarded.Scheme(got))
			assert.Equal(t, test.from, r.RemoteAddr, "the caller's request is left alone")
			again := proxies.Apply(got)
			assert.Equal(t, test.remote, again.RemoteAddr, "applied twice")
		})
	}
}

func TestNobodyIsTrustedByDefault(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Forwarded-For", "1.1.1.1")
	assert.Same(t, r, forwarded.Proxies{}.Apply(r))
	r.RemoteAddr = "@"
	assert.Same(t, r, forwarded.Proxies{}.Apply(r))
	assert.True(t, forwarded.Proxies{}.Empty())
}

func TestTheSchemeOfTLSIsKnown(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.TLS = &tls.ConnectionState{}
	assert.Equal(t, "https", forwarded.Scheme(r))
	proxies, err := forwarded.Parse([]string{"192.0.2.1"}) // that of httptest
	require.NoError(t, err)
	assert.Empty(t, forwarded.Scheme(proxies.Apply(r)), "the proxy speaks TLS, and the client may not")
}

func TestWrongProxiesAreRefused(t *testing.T) {
	for _, text := range []string{"", "example.net", "10.0.0.0/33", "10.0.0", "*"} {
		_, err := forwarded.Parse([]string{text})
		assert.ErrorContains(t, err, "write it as 10.0.0.7", text)
	}
}

func FuzzForwardedHeaders(f *testing.F) {
	proxies, err := forwarded.Parse([]string{"10.0.0.0/8"})
	require.NoError(f, err)
	f.Add("203.0.113.9, 10.1.1.1", "https", "a.example")
	f.Fuzz(func(t *testing.T, addrs, proto, host string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "10.0.0.1:5"
		r.Header["X-Forwarded-For"], r.Header["X-Forwarded-Proto"], r.Header["X-Forwarded-Host"] = []string{addrs}, []string{proto}, []string{host}
		got := proxies.Apply(r)
		assert.Regexp(t, `^(\[[0-9a-f:.]+\]|[0-9.]+):\d+$`, got.RemoteAddr)
		assert.Contains(t, []string{"", "http", "https"}, forwarded.Scheme(got))
		assert.NotContains(t, got.Host, " ")
	})
}
