package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLogLinesBearTheNumberOfTheServer(t *testing.T) {
	var plain, color bytes.Buffer
	for i, l := range demoLoggers(&plain, false) {
		l.Info("hello", "n", i, "application", "chat", "peer", "12D3KooWRj7ZDeb8Jq7sKH36")
		l.WithGroup("g").Warn("two\nlines", "time", "kept", "level", "kept")
	}
	assert.Regexp(t, `^\[1\] time=\d\d:\d\d:\d\d\.\d{3} msg=hello n=0 peer=…7sKH36\n`+
		`\[1\] time=\S+ level=WARN msg="two\\nlines" g\.time=kept g\.level=kept\n\[2\] `, plain.String())
	assert.Len(t, strings.Split(strings.TrimSpace(plain.String()), "\n"), 6)
	assert.NotContains(t, plain.String(), "\x1b")

	for _, l := range demoLoggers(&color, true) {
		l.Info("hello")
	}
	for i, line := range strings.Split(strings.TrimSpace(color.String()), "\n") {
		p := place{number: i + 1}
		assert.True(t, strings.HasPrefix(line, ansi[p.color()]+"["), "%q", line)
		assert.True(t, strings.HasSuffix(line, ansiOff), "%q", line)
	}
}

func TestLogLinesAreWhole(t *testing.T) {
	var out bytes.Buffer
	var logging sync.WaitGroup
	for _, l := range demoLoggers(&terminal{w: &out}, true) {
		logging.Go(func() {
			for range 100 {
				l.Info("hello")
			}
		})
	}
	logging.Wait()
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	assert.Len(t, lines, 100*demoServers)
	for _, line := range lines {
		assert.Equal(t, 1, strings.Count(line, "msg=hello"))
	}
}

func TestColorNeedsATerminal(t *testing.T) {
	assert.False(t, colored(io.Discard))
}

func TestBannerNamesEveryPlace(t *testing.T) {
	text := banner(testPlaces(), demoFiles{ncconf: "demo/client.ncconf"}, false)
	for _, p := range testPlaces() {
		assert.Contains(t, text, p.url())
		assert.Contains(t, text, p.peer)
	}
	assert.Contains(t, text, "Ctrl-C")
	assert.Contains(t, text, "demo/client.ncconf")
	assert.NotContains(t, text, "\x1b")
	assert.Contains(t, banner(testPlaces(), demoFiles{}, true), "\x1b")
	assert.NotContains(t, banner(testPlaces(), demoFiles{}, false), "client.ncconf")
}

func TestKeysToggleServers(t *testing.T) {
	f := startFleet(t, newYard())
	defer f.Close()
	stdin, keyboard := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	var obeying sync.WaitGroup
	obeying.Go(func() { obeyKeys(ctx, stdin, f) })
	for _, line := range []string{"", "x", "0", "4", "12", "help", " 2 "} {
		_, err := io.WriteString(keyboard, line+"\n")
		require.NoError(t, err)
	}
	_, err := f.members[1].await(t.Context(), func(s status) bool { return s.state == stopped })
	require.NoError(t, err)
	for _, i := range []int{0, 2} {
		assert.Equal(t, running, f.members[i].status().state)
	}
	_, err = io.WriteString(keyboard, "2\n")
	require.NoError(t, err)
	_, err = f.members[1].await(t.Context(), func(s status) bool { return s.state == running })
	require.NoError(t, err)

	require.NoError(t, keyboard.Close(), "the end of stdin is not the end of the demo")
	cancel()
	obeying.Wait()
}
