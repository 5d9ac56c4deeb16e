package signalr

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAllowedOriginsMayUseTheHubs(t *testing.T) {
	o := options(newTestHub())
	o.AllowedOrigins = []string{"https://App.example:443", "http://localhost:3000"}
	s := start(t, o)
	upgrade := []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}
	for _, test := range []struct {
		origin  string
		allowed bool
	}{
		{"https://app.example", true}, {"http://localhost:3000", true},
		{"http://app.example", false}, {"https://app.example:444", false}, {"http://localhost", false},
		{"https://app.example.evil.example", false}, {"null", false}, {"", false},
	} {
		origin, credentials := "", ""
		if test.allowed {
			origin, credentials = test.origin, "true"
		}
		var header []string
		if test.origin != "" {
			header = []string{"Origin", test.origin}
		}
		token := s.openPolling()
		for _, r := range []reply{
			s.do(t.Context(), "POST", "/hub/negotiate", nil, header...),
			s.do(t.Context(), "POST", "/hub?id="+token, nil, header...),
			s.do(t.Context(), "GET", "/hub?id=nobody", nil, header...),
			s.do(t.Context(), "GET", "/hub?id=nobody", nil, append(header, "Accept", "text/event-stream")...),
			s.do(t.Context(), "DELETE", "/hub?id="+token, nil, header...),
		} {
			assert.NotEqual(t, 403, r.status)
			assert.Equal(t, origin, r.header.Get("Access-Control-Allow-Origin"), test.origin)
			assert.Equal(t, credentials, r.header.Get("Access-Control-Allow-Credentials"), test.origin)
			assert.Equal(t, []string{"Origin"}, r.header.Values("Vary"))
		}
		if test.origin != "" && !test.allowed {
			r := s.do(t.Context(), "GET", "/hub", nil, append(header, upgrade...)...)
			assert.Equal(t, 403, r.status, "WebSocket of %s", test.origin)
		}
	}
}

func TestPreflightRequests(t *testing.T) {
	o := options(newTestHub())
	o.AllowedOrigins = []string{"https://app.example"}
	s := start(t, o)
	const asked = "x-requested-with,x-signalr-user-agent, authorization"
	for _, test := range []struct{ path, methods string }{{"/hub", "GET, POST, DELETE"}, {"/hub/negotiate", "POST"}} {
		r := s.do(t.Context(), "OPTIONS", test.path, nil, "Origin", "https://app.example",
			"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", asked)
		assert.Equal(t, 204, r.status)
		assert.Equal(t, "https://app.example", r.header.Get("Access-Control-Allow-Origin"))
		assert.Equal(t, "true", r.header.Get("Access-Control-Allow-Credentials"))
		assert.Equal(t, test.methods, r.header.Get("Access-Control-Allow-Methods"))
		assert.Equal(t, asked, r.header.Get("Access-Control-Allow-Headers"))
		assert.Equal(t, "600", r.header.Get("Access-Control-Max-Age"))
		assert.Equal(t, []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"}, r.header.Values("Vary"))

		evil := s.do(t.Context(), "OPTIONS", test.path, nil, "Origin", "https://evil.example", "Access-Control-Request-Method", "POST")
		isPlain(t, evil, 403, "This origin is not allowed.")
		assert.Empty(t, evil.header.Get("Access-Control-Allow-Origin"))
		isPlain(t, s.do(t.Context(), "OPTIONS", test.path, nil), 405, "")
		isPlain(t, s.do(t.Context(), "OPTIONS", test.path, nil, "Origin", "https://app.example"), 405, "")
	}
}

func TestCORSIsOffByDefault(t *testing.T) {
	s := start(t, options(newTestHub()))
	r := s.do(t.Context(), "POST", "/hub/negotiate", nil, "Origin", "https://app.example")
	assert.Equal(t, 200, r.status)
	assert.Empty(t, r.header.Get("Access-Control-Allow-Origin"))
	assert.Empty(t, r.header.Values("Vary"))
	isPlain(t, s.do(t.Context(), "OPTIONS", "/hub", nil, "Origin", "https://app.example", "Access-Control-Request-Method", "POST"), 405, "")
}

func TestOriginsThatAreNone(t *testing.T) {
	for _, origin := range []string{"", "*", "null", "app.example", "https://", "https://app.example/", "https://*.example", "https://a@app.example", "https://app.example?x"} {
		o := options(newTestHub())
		o.AllowedOrigins = []string{origin}
		_, err := NewServer(o)
		assert.ErrorContains(t, err, "is not of the form https://host:port", origin)
	}
	o := options(newTestHub())
	o.AllowedOrigins = []string{"https://m\u00fcnchen.example:8443"}
	_, err := NewServer(o)
	assert.ErrorContains(t, err, "write it as https://xn--mnchen-3ya.example:8443")
}

func TestHeaderLists(t *testing.T) {
	for list, want := range map[string]bool{
		"x-requested-with": true, "a, b\t,c": true,
		"": false, "a,,b": false, "a b": false, "a\r\nb": false, "(a)": false, "é": false,
	} {
		assert.Equal(t, want, isHeaderList(list), list)
	}
}

func TestBearerToken(t *testing.T) {
	for _, test := range []struct{ method, authorization, query, want string }{
		{"GET", "Bearer abc", "", "abc"}, {"POST", "bearer  abc ", "", "abc"},
		{"GET", "Bearer abc", "?access_token=other", "abc"}, {"GET", "Basic abc", "?access_token=other", ""},
		{"GET", "", "?access_token=a%2Bb", "a+b"}, {"POST", "", "?access_token=abc", "abc"}, {"DELETE", "", "?access_token=abc", "abc"},
		{"GET", "", "", ""}, {"GET", "Bearer", "", ""},
	} {
		r := httptest.NewRequest(test.method, "/hub"+test.query, nil)
		if test.authorization != "" {
			r.Header.Set("Authorization", test.authorization)
		}
		assert.Equal(t, test.want, BearerToken(r), "%+v", test)
	}
}
