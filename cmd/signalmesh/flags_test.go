package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// config runs "signalmesh node --print-config". It returns its table with single blanks,
// and its output on stderr.
func config(t *testing.T, flags ...string) (table, problems string) {
	t.Helper()
	t.Chdir(t.TempDir())
	var out, errs bytes.Buffer
	args := append([]string{"node", "--cache", "demo", "--app", "chat", "--print-config"}, flags...)
	require.Zero(t, run(t.Context(), args, &out, &errs), errs.String())
	for _, line := range strings.Split(out.String(), "\n") {
		table += strings.Join(strings.Fields(line), " ") + "\n"
	}
	return table, errs.String()
}

func TestEveryFlagIsInThePrintedSettings(t *testing.T) {
	table, _ := config(t)
	newNodeCommand().Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && f.Name != "print-config" {
			assert.Regexp(t, `(?m)^`+f.Name+` `, table)
		}
	})
}

func TestPrintedSettingsHaveTheirOrigin(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(secret, []byte("s3cret"), 0o600))
	t.Setenv("SIGNALMESH_STATEFUL_RECONNECT", "yes")
	t.Setenv("SIGNALMESH_REPLAY_BYTES", "1 MiB")
	t.Setenv("SIGNALMESH_ADMIN", "none")
	table, problems := config(t, "--hub", "chat,news", "--hub", "chess", "--allow-origin", "https://a.example,https://b.example:444", "--log-level", "debug",
		"--user", "hub", "--password-file", secret, "--listen", "127.0.0.1:0", "--replay-age", "2 min")
	for _, row := range []string{
		"hub /chat chat --hub", "hub /news news --hub", "hub /chess chess --hub", "allow-origin https://a.example, https://b.example:444 --allow-origin",
		"stateful-reconnect true environment variable SIGNALMESH_STATEFUL_RECONNECT", "log-level debug --log-level", "log-format text default", "static - default",
		"replay-age 2m0s --replay-age", "replay-bytes 1048576 environment variable SIGNALMESH_REPLAY_BYTES", "password [hidden] --password-file",
		"password-file " + secret + " --password-file", "admin - environment variable SIGNALMESH_ADMIN", "http 127.0.0.1:5000 default", "expect-servers 0 default",
	} {
		assert.Contains(t, table, row+"\n")
	}
	assert.NotContains(t, table+problems, "s3cret")
}

// 127.0.0.1:5000 is the default address of ASP.NET Core, too.
func TestTheDefaultHTTPListenerNeedsAHubOrFiles(t *testing.T) {
	for flags, want := range map[string]string{
		"":                           "- default",
		"--redis 127.0.0.1:0":        "- default",
		"--child":                    "- default",
		"--hub chat":                 "127.0.0.1:5000 default",
		"--static .":                 "127.0.0.1:5000 default",
		"--child --hub chat":         "127.0.0.1:0 default",
		"--http 127.0.0.1:0":         "127.0.0.1:0 --http",
		"--hub chat --http none":     "- --http",
		"--child --http 127.0.0.1:1": "127.0.0.1:1 --http",
	} {
		table, _ := config(t, strings.Fields(flags)...)
		assert.Contains(t, table, "\nhttp "+want+"\n", flags)
	}
}

func TestThePasswordIsNotPrinted(t *testing.T) {
	table, problems := config(t, "--hub", "chat", "--user", "hub", "--password", "s3cret", "--redis-bridge", "redis://u:s3cret@redis.example.net")
	assert.Contains(t, table, "password [hidden] --password\n")
	assert.NotContains(t, table+problems, "s3cret")
}

func TestEmptyVariablesAreNotSet(t *testing.T) {
	before, _ := config(t, "--hub", "chat")
	newNodeCommand().Flags().VisitAll(func(f *pflag.Flag) { t.Setenv(twin(f.Name), map[bool]string{true: "", false: " "}[len(f.Name)%2 == 0]) })
	after, problems := config(t, "--hub", "chat")
	for _, line := range strings.Split(before, "\n") {
		if !strings.HasPrefix(line, "ncconf ") { // it names the working directory
			assert.Contains(t, after, line+"\n")
		}
	}
	assert.Empty(t, problems)
	for _, args := range []string{"drain", "forget web-2", "user list users.txt"} { // the remedy is that of a missing value
		code, text := command(t, strings.Fields(args)...)
		assert.Equal(t, 2, code, text)
	}
}

func TestUnknownVariablesAreReported(t *testing.T) {
	for name, value := range map[string]string{
		"SIGNALMESH_HTPP": "x", "SIGNALMESH_ALOW_ANONYMOUS": "x", "SIGNALMESH_COLOUR": "x", "SIGNALMESH_EMPTY": "", "SIGNALMESH_TIMEOUT": "5s",
		// Kubernetes sets these for Services called signalmesh and signalmesh-admin.
		"SIGNALMESH_SERVICE_HOST": "10.0.0.1", "SIGNALMESH_SERVICE_PORT": "9800", "SIGNALMESH_SERVICE_PORT_PEERS": "9800", "SIGNALMESH_PORT": "tcp://10.0.0.1:9800",
		"SIGNALMESH_PORT_9800_TCP": "x", "SIGNALMESH_PORT_9800_TCP_ADDR": "x", "SIGNALMESH_ADMIN_SERVICE_HOST": "x", "SIGNALMESH_ADMIN_PORT_80_TCP_PROTO": "tcp",
	} {
		t.Setenv(name, value)
	}
	_, problems := config(t, "--hub", "chat")
	assert.Equal(t, `warning: environment variable SIGNALMESH_ALOW_ANONYMOUS is not a setting; it is ignored; did you mean SIGNALMESH_ALLOW_ANONYMOUS?
warning: environment variable SIGNALMESH_COLOUR is not a setting; it is ignored
warning: environment variable SIGNALMESH_HTPP is not a setting; it is ignored; did you mean SIGNALMESH_HTTP?
`, problems)
}

func TestProblemsOfSettingsArePrinted(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(secret, []byte("s3cret"), 0o600))
	require.NoError(t, os.Chmod(secret, 0o666))
	_, problems := config(t, "--user", "hub", "--password-file", secret, "--allow-origin", "https://münchen.example:444", "--drain-spread", "60s")
	assert.Contains(t, problems, "warning: this node serves no hub and no Redis endpoint: give --hub or --redis.")
	assert.Contains(t, problems, "warning: --password-file: "+secret+" has mode 0666")
	assert.Contains(t, problems, "warning: --allow-origin https://münchen.example:444 is taken as https://xn--mnchen-3ya.example:444, as browsers send it")
	assert.Contains(t, problems, "notice: --drain-spread: a drain may take 1m17s instead of 25s")
	table, problems := config(t, "--redis", "127.0.0.1:0", "--allow-origin", "https://münchen.example")
	assert.Empty(t, strings.ReplaceAll(problems, "warning: --allow-origin https://münchen.example is taken as https://xn--mnchen-3ya.example, as browsers send it\n", ""))
	assert.Contains(t, table, "redis 127.0.0.1:0 --redis\n")

	var out, errs bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"node", "--cache", "demo", "--app", "chat", "--print-config", "--log-format", "json"}, &out, &errs))
	var record map[string]any
	require.NoError(t, json.Unmarshal(errs.Bytes(), &record))
	assert.Equal(t, "WARN", record["level"])
}

func TestWrongCommandLines(t *testing.T) {
	t.Chdir(t.TempDir())
	for args, text := range map[string]string{
		"--htpp :1":                       "unknown flag: --htpp; did you mean --http?",
		"--zzz":                           "unknown flag: --zzz\n",
		"-listen :1":                      "did you mean --listen?",
		"--replay-bytes 64XB":             `--replay-bytes: "64XB" is not a size; write a size in bytes, or as 64MB`,
		"--replay-age 60":                 `--replay-age: "60" has no unit; write a time as 500ms, 90s, 10m, 1h30m or 1d`,
		"--replay-age=-2m":                "replay-age -2m0s",
		"--max-connections many":          `--max-connections: "many" is not a whole number`,
		"--allow-anonymous=maybe":         `--allow-anonymous: "maybe" is neither true nor false`,
		"--http 127.0.0.1:99999":          `http (--http): "127.0.0.1:99999" has no port from 0 to 65535`,
		"--http https://127.0.0.1:1":      "TLS",
		"--bootstrap foo/bar":             `bootstrap (--bootstrap): seed "foo/bar"`,
		"--bootstrap a:1,b:x":             `seed "b:x" has no port`,
		"--hub chat --hub Chat":           "--hub Chat is given twice",
		"--hub chat,chat":                 "--hub chat is given twice",
		"--password-file none":            "none",
		"--user john --password 1234567":  "those of NCache's samples",
		"--user hub --password ${SECRET}": "password (--password): the value is a placeholder",
		"--name %HOST%":                   "name (--name)",
		"--static none":                   "there is no such folder",
		"--ncconf none":                   "none",
		"--drain-timeout 1s":              "do not fit in drain-timeout",
	} {
		code, out := command(t, append([]string{"node", "--cache", "demo", "--app", "chat"}, strings.Fields(args)...)...)
		assert.Equal(t, 2, code, args)
		assert.Contains(t, out, text, args)
		for _, word := range []string{"strconv", "parsing", "invalid argument", "idna", "goroutine"} {
			assert.NotContains(t, out, word, args)
		}
	}
	_, out := command(t, "node")
	assert.Regexp(t, `^signalmesh: give --cache and --app, for example --cache demo --app chat: a node needs the names`, out)
	code, out := command(t, "stat")
	assert.Equal(t, 2, code)
	assert.Contains(t, out, `there is no command "stat"; did you mean "status"?`)
	_, out = command(t, "sim", "comapre")
	assert.Contains(t, out, `sim has no command "comapre"; did you mean "compare"?`)
	_, out = command(t, "zzz")
	assert.Contains(t, out, "the commands are completion, demo, drain, forget, healthcheck,")
}

// A port that is in use is a failure, not a wrong command line.
func TestAFailureIsAnotherStatusThanAWrongCommandLine(t *testing.T) {
	r := runNode(t)
	code, out := command(t, "node", "--cache", "demo", "--app", "chat", "--hub", "chat", "--listen", "127.0.0.1:0", "--admin", "none", "--http", r.hub)
	assert.Equal(t, 1, code, out)
	assert.Contains(t, out, "the port is in use")
}

// each calls f for every command of the program that is made here.
func each(t *testing.T, f func(c *cobra.Command)) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Name() == "completion" || c.Name() == "help" {
			return // cobra's own
		}
		f(c)
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRootCommand())
	require.NotNil(t, f)
}

func TestTheHelpOfEveryCommandFitsATerminalAndHasExamples(t *testing.T) {
	commands := 0
	each(t, func(c *cobra.Command) {
		commands++
		assert.Contains(t, c.Example, c.CommandPath(), "the example shows the command")
		assert.NotEmpty(t, c.Short)
		for _, line := range strings.Split(c.Long, "\n") {
			assert.LessOrEqual(t, len([]rune(line)), 80, line)
		}
		for _, width := range []string{"80", "120"} {
			t.Setenv("COLUMNS", width)
			_, text := command(t, append(strings.Fields(c.CommandPath())[1:], "--help")...)
			usage := text[strings.Index(text, "\nFlags:"):]
			for _, line := range strings.Split(usage, "\n") {
				if max := map[string]int{"80": 82, "120": 122}[width]; len([]rune(line)) > max {
					assert.Fail(t, "too wide for "+width, "%s: %s", c.CommandPath(), line)
				}
			}
		}
	})
	assert.GreaterOrEqual(t, commands, 15)
	_, text := command(t, "--help")
	for _, name := range []string{"completion", "healthcheck", "man", "status", "version"} {
		assert.Contains(t, text, "\n  "+name+" ")
	}
	code, script := command(t, "completion", "bash")
	assert.Zero(t, code)
	assert.Contains(t, script, "__start_signalmesh")
}
