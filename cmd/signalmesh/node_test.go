package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A transcript is what a program writes, read while it runs.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
	news chan struct{}
}

func newTranscript() *transcript { return &transcript{news: make(chan struct{}, 1)} }

func (w *transcript) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(b)
	select {
	case w.news <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// await waits for a match and returns its first group.
func (w *transcript) await(t *testing.T, pattern string) string {
	re := regexp.MustCompile(pattern)
	for {
		if m := re.FindStringSubmatch(w.String()); m != nil {
			return m[1]
		}
		select {
		case <-w.news:
		case <-t.Context().Done():
			require.FailNow(t, "never written", "%s in %s", pattern, w)
		}
	}
}

func TestANodeRunsUntilItIsStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	stderr := newTranscript()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"node", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--cache", "demo", "--app", "chat", "--hub", "chat"}, io.Discard, stderr)
	}()
	admin := stderr.await(t, `ready: hub http://127\.0\.0\.1:\d+/chat, .* admin (http://\S+/),`)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get(admin + "readyz")
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	assert.Equal(t, http.StatusOK, r.StatusCode)
	stop()
	assert.Zero(t, <-code)
	assert.Contains(t, stderr.String(), "leaving: ")
}

func TestANodeHasDoorsOfSeveralApplications(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	stderr := newTranscript()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"node", "--admin", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--cache", "demo", "--app", "chat", "--redis", "127.0.0.1:0", "--redis", "127.0.0.1:0=billing"}, io.Discard, stderr)
	}()
	admin := stderr.await(t, `ready: Redis endpoint 127\.0\.0\.1:\d+, Redis endpoint of billing 127\.0\.0\.1:\d+, .* admin http://(\S+)/,`)
	assert.Contains(t, stderr.String(), `msg="no HTTP listener: no hub or static files"`)
	_, text := command(t, "status", "--admin", admin)
	assert.Regexp(t, `(?m)^HTTP +no listener$`, text)
	stop()
	assert.Zero(t, <-code)
}

func TestExitCodesAndMessages(t *testing.T) {
	conf := filepath.Join(t.TempDir(), "client.ncconf")
	require.NoError(t, os.WriteFile(conf, []byte(`<configuration><ncache-server port="9800"/>
<cache id="chatCache"><server name="127.0.0.1"/></cache></configuration>`), 0o600))
	for _, c := range []struct {
		args string
		code int
		text string
	}{
		{"--help", 0, "signalmesh demo"},
		{"node --help", 0, "--bootstrap 127.0.0.1:9800 --cache demoClusteredCache"},
		{"--version", 0, "signalmesh version"},
		{"nod", 2, `there is no command "nod"`},
		{"node --bogus", 2, "unknown flag: --bogus"},
		{"node --http :1 --http :2", 2, "--http is given twice; it takes one value, remove one of them"},
		{"node --password secret --password=secret", 2, "--password is given twice"},
		{"node --allow-anonymous --allow-anonymous", 2, "--allow-anonymous is given twice"},
		{"demo --http-port 0 --http-port 0", 2, "--http-port is given twice"},
		{"sim run steady --nodes 2 --nodes 3", 2, "--nodes is given twice"},
		{"user add hub --cache a --cache b", 2, "--cache is given twice"},
		{"node --cache x --app chat --listen 127.0.0.1:0 --listen :0", 2, "without a password anybody may join at /ip4/0.0.0.0/tcp/0"},
		{"node extra", 2, `node takes no argument; "extra" is one`},
		{"node --log-level loud", 2, "choose debug, info, warn or error"},
		{"node --hub a?b", 2, "a hub's name is letters"},
		{"node --redis 127.0.0.1:0 --redis 127.0.0.1:0", 2, "give the other application as host:port=application"},
		{"node --redis =chat", 2, "give host:port, or host:port=application"},
		{"node --cache x --app chat --redis 127.0.0.1:0=a --redis 127.0.0.1:1=a", 2, `application "a" has two doors, 127.0.0.1:0 and 127.0.0.1:1; remove one`},
		{"node --cache x --app chat --redis-bridge http://:secret@x", 2, "redis-bridge (--redis-bridge): the old Redis is not given as redis://"},
		{"node --app chat", 2, "CacheName"},
		{"node --app chat", 2, "give --cache and --app"},
		{"node --cache x --app chat --ncconf no.ncconf", 2, "no.ncconf: there is no such file"},
		{"node --cache chatCash --app chat --ncconf " + conf, 2, `chatCache`},
		{"node --cache x --app chat --listen 127.0.0.1:0 --http 127.0.0.1:bad", 2, `http (--http): "127.0.0.1:bad" has no port from 0 to 65535`},
		{"node --cache x --app chat --listen there:1", 2, "names no IP address of this machine"},
		{"node --cache x --app chat --static no/folder", 2, "there is no such folder"},
		{"node --cache x --app chat --bootstrap /ip4/127.0.0.1/udp/1 --print-config", 2, "bootstrap (--bootstrap)"},
	} {
		var out bytes.Buffer
		assert.Equal(t, c.code, run(t.Context(), strings.Fields(c.args), &out, &out), c.args)
		assert.Contains(t, out.String(), c.text, c.args)
		if c.code != 0 {
			assert.NotContains(t, out.String(), "goroutine")
			assert.LessOrEqual(t, strings.Count(out.String(), "\n"), 2, out.String())
		}
	}
}

func TestTheEnvironmentIsBelowFlags(t *testing.T) {
	t.Setenv("SIGNALMESH_APP", "fromEnvironment")
	t.Setenv("SIGNALMESH_CACHE", "fromEnvironment")
	t.Setenv("SIGNALMESH_BOOTSTRAP", "127.0.0.1:1,127.0.0.1:2")
	t.Setenv("SIGNALMESH_LISTEN", "127.0.0.1:9800,[::1]:9800")
	var out, errs bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"node", "--cache", "fromFlag", "--print-config"}, &out, &errs), errs.String())
	table := strings.Join(strings.Fields(out.String()), " ")
	assert.Contains(t, table, "cache fromFlag --cache")
	assert.Contains(t, table, "app fromEnvironment environment variable SIGNALMESH_APP")
	assert.Contains(t, table, "seed 127.0.0.1:2 environment variable SIGNALMESH_BOOTSTRAP")
	assert.Contains(t, table, "listen 127.0.0.1:9800, [::1]:9800 environment variable SIGNALMESH_LISTEN")
	assert.Contains(t, table, "drain-spread 5s default")
	t.Setenv("SIGNALMESH_ALLOW_ANONYMOUS", "perhaps")
	assert.Equal(t, 2, run(t.Context(), []string{"node"}, &out, &errs))
	assert.Contains(t, errs.String(), `environment variable SIGNALMESH_ALLOW_ANONYMOUS: "perhaps" is neither true nor false`)
}
