package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fetch gets a URL without keeping the connection.
func fetch(t *testing.T, url string) (status int, body string) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	response, err := client.Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

// TestDemo runs the whole of it, with real nodes.
func TestDemo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	script := filepath.Join(t.TempDir(), "signalr.min.js")
	require.NoError(t, os.WriteFile(script, []byte("var signalR"), 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stdout, banner := io.Pipe()
	var stderr bytes.Buffer // of the demo alone until it has ended
	var ended error
	var running sync.WaitGroup
	running.Go(func() {
		f := demoFlags{signalrJS: script}
		ended = f.run(ctx, strings.NewReader(""), banner, &stderr)
		banner.Close()
	})
	var urls []string
	lines := bufio.NewScanner(stdout)
	for len(urls) < demoServers && lines.Scan() {
		urls = append(urls, regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindAllString(lines.Text(), 1)...)
	}
	rest := make(chan error, 1)
	go func() { _, err := io.Copy(io.Discard, stdout); rest <- err }()

	if assert.Len(t, urls, demoServers) {
		for i, url := range urls {
			status, page := fetch(t, url)
			assert.Equal(t, http.StatusOK, status)
			assert.Contains(t, page, "<title>signalmesh chat</title>")
			_, text := fetch(t, url+"/signalr.min.js")
			assert.Equal(t, "var signalR", text)
			_, text = fetch(t, url+"/demo/servers")
			var infos []serverInfo
			require.NoError(t, json.Unmarshal([]byte(text), &infos))
			for j, info := range infos {
				assert.Equal(t, []any{urls[j], true, i == j}, []any{info.URL, info.Running, info.Self})
			}
		}
	}
	cancel()
	running.Wait()
	require.NoError(t, <-rest)
	require.NoError(t, ended, stderr.String())
	for _, tag := range []string{"[1] ", "[2] ", "[3] "} {
		assert.Contains(t, stderr.String(), tag)
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "signalmesh-demo-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestDemoTellsOfWrongUse(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"demo", "now"}, 2, `demo takes no argument; "now" is one`},
		{[]string{"demo", "--http-port", "x"}, 2, "--http-port"},
		{[]string{"demo", "--http-port", "65534"}, 2, "--http-port 65534: choose 0, or a port from 1 to 65533"},
		{[]string{"demo", "--signalr-js", t.TempDir()}, 1, "--signalr-js"},
	} {
		var stderr bytes.Buffer
		assert.Equal(t, c.code, run(t.Context(), c.args, io.Discard, &stderr), "%q", c.args)
		assert.Contains(t, stderr.String(), c.want)
	}
}

func TestScriptIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "big.js")
	require.NoError(t, os.WriteFile(path, make([]byte, maxScript+1), 0o600))
	_, err := readScript(path)
	assert.ErrorContains(t, err, path)
	_, err = readScript(filepath.Join(t.TempDir(), "none.js"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}
