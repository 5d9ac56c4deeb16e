package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
)

// statusOf asks the admin pages of a node for its status.
func statusOf(t *testing.T, admin string) (s node.Status) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get(admin + "api/status")
	require.NoError(t, err)
	defer r.Body.Close()
	require.NoError(t, json.NewDecoder(r.Body).Decode(&s))
	return s
}

func TestForgetTakesAServerOffTheListOfMissingServers(t *testing.T) {
	common := []string{"--redis", "127.0.0.1:0", "--listen", "127.0.0.1:0"}
	a := startNode(t, append(common, "--name", "web-1")...)
	b := startNode(t, append(common, "--name", "web-2", "--bootstrap", a.peers)...)
	require.Eventually(t, func() bool { return len(statusOf(t, a.admin).Members) == 1 }, killPatience, 10*time.Millisecond)
	admin := strings.TrimSuffix(strings.TrimPrefix(a.admin, "http://"), "/")
	var out bytes.Buffer
	assert.Equal(t, 1, run(t.Context(), []string{"forget", "web-2", "--admin", admin}, &out, &out))
	assert.Contains(t, out.String(), `signalmesh: node at `+admin+`: application chat: "web-2": server is not missing; no server that failed is missing`)
	b.kill(t)
	require.Eventually(t, func() bool { return statusOf(t, a.admin).Absent == 1 }, killPatience, 10*time.Millisecond)
	out.Reset()
	t.Setenv("SIGNALMESH_ADMIN", admin)
	assert.Zero(t, run(t.Context(), []string{"forget", "web-2"}, &out, &out), out.String())
	assert.Equal(t, "web-2 is removed from the list of "+admin+"\n", out.String())
	assert.Zero(t, statusOf(t, a.admin).Absent)
}

func TestForgetNeedsANameAndANode(t *testing.T) {
	t.Setenv("SIGNALMESH_ADMIN", "")
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	elsewhere := strings.TrimPrefix(other.URL, "http://")
	other2 := httptest.NewServer(http.NotFoundHandler())
	closed := strings.TrimPrefix(other2.URL, "http://")
	other2.Close()
	for args, want := range map[string]struct {
		code int
		text string
	}{
		"forget":                            {2, "one argument is needed"},
		"forget web-2":                      {2, "--admin is required: give the value of the node's --admin flag"},
		"forget web-2 --admin 9810":         {2, "--admin 9810 has no port: give the value of the node's --admin flag"},
		"forget web-2 --admin " + elsewhere: {1, "answered 404 Not Found, which is not the answer of an admin listener: is it the port of --http"},
		"forget web-2 --admin " + closed:    {1, "(connection refused): is it running?"},
		"forget --help":                     {0, "signalmesh forget web-2 --admin web-1:9810 --admin web-3:9810"},
	} {
		var out bytes.Buffer
		assert.Equal(t, want.code, run(t.Context(), strings.Fields(args+" "), &out, &out), args+": "+out.String())
		assert.Contains(t, out.String(), want.text, args)
	}
}
