//go:build linux

package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheCommandLineSelectsBalancersAndActions(t *testing.T) {
	o, err := parse(nil, io.Discard)
	require.NoError(t, err)
	assert.Len(t, o.balancers, len(kinds))
	assert.Len(t, o.actions, len(actions))

	o, err = parse([]string{"-balancer", "NGINX, plain", "-action", "rolling"}, io.Discard)
	require.NoError(t, err)
	require.Len(t, o.balancers, 1)
	require.Len(t, o.actions, 1)
	assert.Equal(t, "nginx, plain", o.balancers[0].name)
	assert.Equal(t, "rolling restart", o.actions[0].name)
}

func TestWrongCommandLines(t *testing.T) {
	for _, args := range [][]string{
		{"-balancer", "iis"}, {"-action", "reboot"}, {"-clients", "8"}, {"-clients", "201"}, {"-rate", "0"}, {"-rate", "101"}, {"more"}, {"-unknown"},
	} {
		assert.Equal(t, 2, run(t.Context(), args, io.Discard, io.Discard), "%v", args)
	}
	assert.Equal(t, 0, run(t.Context(), []string{"-help"}, io.Discard, io.Discard))
}

func TestTheTableReplacesTheOneInTheManual(t *testing.T) {
	path := filepath.Join(t.TempDir(), "manual.md")
	require.NoError(t, os.WriteFile(path, []byte("before\n"+tableBegin+"\nold\n"+tableEnd+"\nafter\n"), 0o644))
	rows := []row{{Balancer: "nginx, plain", Action: "SIGTERM", Clients: 15, Moved: 5, Median: 12 * time.Millisecond, Longest: 1234 * time.Millisecond, Worst: 2, Missed: 7}}
	for range 2 { // the second time in place of the first
		require.NoError(t, record(path, rows, "How."))
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, `before
`+tableBegin+`
How.

| Balancer | Action | Clients | Reconnected | Away, median | Away, longest | Missed, worst client | Missed, all | Duplicates | OK |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| nginx, plain | SIGTERM | 15 | 5 | 12 ms | 1234 ms | 2 | 7 | 0 | yes |
`+tableEnd+"\nafter\n", string(got))
	assert.ErrorContains(t, record(filepath.Join(t.TempDir(), "none"), rows, "How."), "none")
	require.NoError(t, os.WriteFile(path, []byte("no table"), 0o644))
	assert.ErrorContains(t, record(path, rows, "How."), tableBegin)
}

func TestSettingsOfTheEnvironmentDoNotReachNodes(t *testing.T) {
	environ := []string{"PATH=/bin", "SIGNALMESH_HTTP=:1", "NCacheConfiguration__CacheName=x", "HOME=/"}
	assert.Equal(t, []string{"PATH=/bin", "HOME=/"}, withoutSettings(environ))
	assert.Len(t, environ, 4)
}
