package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	firstOrigin  = "http://127.0.0.1:5001"
	secondOrigin = "http://127.0.0.1:5002"
	evilOrigin   = "http://evil.example"
)

// ask sends a request to server 1 of the fleet.
func ask(f *fleet, method, path string, header map[string]string) *httptest.ResponseRecorder {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("page")) })
	r := httptest.NewRequest(method, firstOrigin+path, nil)
	for key, value := range header {
		if key == "Host" {
			r.Host = value
		}
		r.Header.Set(key, value)
	}
	w := httptest.NewRecorder()
	f.handler(f.members[0].place, page).ServeHTTP(w, r)
	return w
}

func servers(t *testing.T, w *httptest.ResponseRecorder) (infos []serverInfo) {
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &infos))
	return infos
}

func TestControlListsTheServers(t *testing.T) {
	f := startFleet(t, newYard())
	defer f.Close()
	assert.Equal(t, []serverInfo{
		{Number: 1, Name: "Server 1", URL: firstOrigin, Running: true, State: running, Self: true, Color: "blue"},
		{Number: 2, Name: "Server 2", URL: secondOrigin, Running: true, State: running, Color: "green"},
		{Number: 3, Name: "Server 3", URL: "http://127.0.0.1:5003", Running: true, State: running, Color: "magenta"},
	}, servers(t, ask(f, "GET", "/demo/servers", nil)))
	assert.Equal(t, "page", ask(f, "GET", "/", nil).Body.String())
}

func TestControlStopsAndStarts(t *testing.T) {
	f := startFleet(t, newYard())
	defer f.Close()
	info := servers(t, ask(f, "POST", "/demo/servers/2/stop", nil))[1]
	assert.Equal(t, []any{false, stopping}, []any{info.Running, info.State})
	require.NoError(t, f.settle(t.Context()))
	assert.Equal(t, stopped, servers(t, ask(f, "GET", "/demo/servers", nil))[1].State)
	assert.Equal(t, stopped, servers(t, ask(f, "POST", "/demo/servers/2/stop", nil))[1].State, "again changes nothing")
	assert.Equal(t, starting, servers(t, ask(f, "POST", "/demo/servers/2/start", nil))[1].State)
	require.NoError(t, f.settle(t.Context()))
	assert.True(t, servers(t, ask(f, "GET", "/demo/servers", nil))[1].Running)
}

func TestControlRefusesWhatItDoesNotKnow(t *testing.T) {
	f := startFleet(t, newYard())
	defer f.Close()
	for path, want := range map[string]int{
		"/demo/servers/4/stop":                    http.StatusNotFound,
		"/demo/servers/x/stop":                    http.StatusNotFound,
		"/demo/servers/-1/stop":                   http.StatusNotFound,
		"/demo/servers/99999999999999999999/stop": http.StatusNotFound,
	} {
		assert.Equal(t, want, ask(f, "POST", path, nil).Code, path)
	}
}

func TestControlObeysOnlyItsOwnPages(t *testing.T) {
	f := startFleet(t, newYard())
	defer f.Close()
	for _, c := range []struct {
		name    string
		header  map[string]string
		obeyed  bool
		allowed string // Access-Control-Allow-Origin
	}{
		{"no browser", nil, true, ""},
		{"its own page", map[string]string{"Origin": firstOrigin, "Sec-Fetch-Site": "same-origin"}, true, firstOrigin},
		{"another server's page", map[string]string{"Origin": secondOrigin, "Sec-Fetch-Site": "same-site"}, true, secondOrigin},
		{"a stranger's page", map[string]string{"Origin": evilOrigin, "Sec-Fetch-Site": "cross-site"}, false, ""},
		{"a stranger's page in an old browser", map[string]string{"Origin": evilOrigin}, false, ""},
		{"another port of this machine", map[string]string{"Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "same-site"}, false, ""},
		{"a page of no origin", map[string]string{"Origin": "null", "Sec-Fetch-Site": "cross-site"}, false, ""},
	} {
		w := ask(f, "POST", "/demo/servers/3/start", c.header)
		assert.Equal(t, c.obeyed, w.Code == http.StatusOK, c.name)
		assert.Equal(t, c.allowed, w.Header().Get("Access-Control-Allow-Origin"), c.name)
		assert.Equal(t, "Origin", w.Header().Get("Vary"), c.name)
		assert.Equal(t, c.allowed, ask(f, "GET", "/demo/servers", c.header).Header().Get("Access-Control-Allow-Origin"), c.name)
	}
}

// A stranger's name that was made to point to this machine is not ours.
func TestControlKnowsOnlyItsOwnNames(t *testing.T) {
	f := startFleet(t, newYard())
	defer f.Close()
	for _, host := range []string{"localhost:5001", "evil.example:5001", "127.0.0.1:8080"} {
		for _, c := range [][2]string{{"GET", "/"}, {"GET", "/demo/servers"}, {"POST", "/demo/servers/1/stop"}} {
			w := ask(f, c[0], c[1], map[string]string{"Host": host, "Origin": "http://" + host, "Sec-Fetch-Site": "same-origin"})
			assert.Equal(t, http.StatusSeeOther, w.Code)
			assert.Equal(t, firstOrigin, w.Header().Get("Location"))
		}
	}
	assert.Equal(t, running, f.members[0].status().state)
}
