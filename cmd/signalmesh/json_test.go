//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// records reads lines of JSON and asserts that there is nothing else.
func records(t *testing.T, text string) (messages []string) {
	t.Helper()
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		var record struct{ Time, Level, Msg, Text, Err string }
		if assert.NoError(t, json.Unmarshal([]byte(line), &record), "no JSON: %s", line) {
			assert.NotEmpty(t, record.Time, line)
			assert.NotEmpty(t, record.Level, line)
			messages = append(messages, record.Msg)
		}
	}
	return messages
}

// A node in a separate process, where libp2p and others use the loggers of the program,
// writes nothing but JSON from its start to its end.
func TestJSONLogsAreOnlyJSON(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "appsettings.json"), []byte(`{"NCacheConfiguration":{"CacheName":"demo","ApplicationID":"chat","Pasword":"x"}}`), 0o600))
	cmd, end := start(t, "node", "node", "--config", filepath.Join(dir, "appsettings.json"), "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--listen", "127.0.0.1:0",
		"--hub", "chat", "--bootstrap", "127.0.0.1:1", "--log-level", "debug", "--drain-delay", "100ms", "--drain-spread", "0")
	defer end()
	cmd.Env = append(cmd.Env, "SIGNALMESH_LOG_FORMAT=json", "SIGNALMESH_COLOUR=x")
	stderr := newTranscript()
	cmd.Stderr = stderr
	require.NoError(t, cmd.Start())
	r := &runningNode{stderr: stderr}
	r.hub = stderr.await(t, `"text":"ready: hub http://(127\.0\.0\.1:\d+)/chat, `)
	r.connect(t, true)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait(), stderr)
	messages := strings.Join(records(t, stderr.String()), "\n")
	for _, want := range []string{"\nready\n", "\ndraining\n", "\nclosing", "SIGNALMESH_COLOUR is not a setting", `did you mean "Password"?`, "no bootstrap server reachable yet"} {
		assert.Contains(t, messages, want)
	}
}

func TestErrorsAreJSONToo(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range []string{
		"--log-format json", "--log-format=json --bogus", "--bogus --log-format json", "--log-format json --cache x --app y --http :99999",
		"--log-format json --cache x", "--log-format json extra", "--log-format json --replay-age 5",
	} {
		var out, errs bytes.Buffer
		assert.Equal(t, 2, run(t.Context(), append([]string{"node"}, strings.Fields(args)...), &out, &errs), args)
		assert.Equal(t, "signalmesh failed", records(t, errs.String())[0])
		assert.Empty(t, out.String())
	}
	t.Setenv("SIGNALMESH_LOG_FORMAT", "json")
	_, text := command(t, "node", "--bogus")
	records(t, text)
	_, text = command(t, "node", "--bogus", "--log-format", "text")
	assert.Contains(t, text, "signalmesh: unknown flag: --bogus\n")
	_, text = command(t, "drain")
	assert.Contains(t, text, "signalmesh: --admin is required", "commands for people have no format")
}

// The program that is built has the exit statuses of run.
func TestExitStatusesOfTheProcess(t *testing.T) {
	cmd, end := start(t, "node", "node", "--bogus")
	defer end()
	err := cmd.Run()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, 2, exit.ExitCode())
}
