package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// password is that of the endpoints with a password.
const password = "interop-password"

// lateBy is how long a server runs before its endpoint: past the 9 s after which
// StackExchange.Redis stops subscribing.
const lateBy = 10 * time.Second

// A test runs all scenarios with one version of StackExchange.Redis.
type test struct {
	ctx         context.Context
	version     version
	program     string // signalmesh
	app, sample string // the C# program, and the sample of the documentation
	processes   []*process
	steps       int
}

// run runs the scenarios. The late server waits for its endpoint while the others run.
func (t *test) run() error {
	late, err := t.startLate()
	if err != nil {
		return err
	}
	for _, scenario := range []struct {
		name string
		run  func() error
	}{
		{"chat and plain Redis", t.compareRedis}, {"access", t.access}, {"data commands", t.data}, {"a stopping node", t.move},
		{"an application before its node", late.finish},
	} {
		if err := scenario.run(); err != nil {
			return fmt.Errorf("%s: %w", scenario.name, err)
		}
	}
	return nil
}

// outcome runs the C# program to its end, and returns what it printed.
func (t *test) outcome(args ...string) (string, error) {
	cmd := exec.CommandContext(t.ctx, "dotnet", append([]string{t.app}, args...)...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("the C# program %v: %w\n%s", args, err, out)
	}
	t.steps += strings.Count(string(out), "\n")
	return string(out), nil
}

// equal runs a scenario at redis-server and at nodes, and compares the outcomes.
func (t *test) equal(scenario string, redis, nodes []string) error {
	want, err := t.outcome(append([]string{scenario}, redis...)...)
	if err != nil {
		return fmt.Errorf("at redis-server: %w", err)
	}
	got, err := t.outcome(append([]string{scenario}, nodes...)...)
	if err != nil {
		return fmt.Errorf("at the nodes: %w", err)
	}
	if got != want {
		return fmt.Errorf("%s: the outcomes differ:\n%s", scenario, unlike(want, got))
	}
	return nil
}

// unlike returns the lines that differ.
func unlike(want, got string) string {
	var b strings.Builder
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		var x, y string
		if i < len(w) {
			x = w[i]
		}
		if i < len(g) {
			y = g[i]
		}
		if x != y {
			fmt.Fprintf(&b, "  redis-server  %s\n  nodes         %s\n", x, y)
		}
	}
	return b.String()
}

// compareRedis runs the scenarios that have equal outcomes on redis-server.
func (t *test) compareRedis() error {
	redis, err := t.startRedis()
	if err != nil {
		return err
	}
	nodes, err := t.startNodes(2)
	if err != nil {
		return err
	}
	for _, scenario := range []string{"chat", "redis"} {
		if err := t.equal(scenario, []string{redis, redis}, []string{nodes[0].redis, nodes[1].redis}); err != nil {
			return err
		}
	}
	for _, n := range nodes {
		for line := range strings.Lines(n.String()) {
			// The scenario kills a server, which a node reports after some seconds.
			if strings.Contains(line, "level=WARN") && !strings.Contains(line, "a client that was lost did not come back in time") {
				return fmt.Errorf("a node warns about ordinary servers:\n%s", n)
			}
		}
	}
	return nil
}

// access tests right, wrong and missing passwords.
func (t *test) access() error {
	redis, err := t.startRedis("--requirepass", password)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "interop")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "password")
	if err := os.WriteFile(file, []byte(password), 0o600); err != nil {
		return err
	}
	nodes, err := t.startNodes(1, "--redis-password-file", file)
	if err != nil {
		return err
	}
	if err := t.equal("access", []string{redis, password}, []string{nodes[0].redis, password}); err != nil {
		return err
	}
	for _, line := range []string{"wrong user or password", "the client sent commands without a password"} {
		if err := nodes[0].await(t.ctx, line); err != nil {
			return err
		}
	}
	return nil
}

// data tests commands that need stored data: their errors, and the log of the node.
func (t *test) data() error {
	nodes, err := t.startNodes(1)
	if err != nil {
		return err
	}
	out, err := t.outcome("data", nodes[0].redis)
	if err != nil {
		return err
	}
	for _, command := range []string{"SET", "GET", "HSET"} {
		want := fmt.Sprintf("unknown command '%s': the signalmesh endpoint %s is for publish and subscribe only", command, nodes[0].redis)
		if !strings.Contains(out, want) {
			return fmt.Errorf("%q is missing from\n%s", want, out)
		}
		if err := nodes[0].await(t.ctx, "command="+command+" "); err != nil {
			return err
		}
	}
	for _, text := range []string{out, nodes[0].String()} {
		if strings.Contains(text, "-of-the-app") || strings.Contains(text, "command=SENTINEL") {
			return fmt.Errorf("a value, or a probe, is shown:\n%s", text)
		}
	}
	return nil
}

// move stops the first of two endpoints of a server.
func (t *test) move() error {
	nodes, err := t.startNodes(2)
	if err != nil {
		return err
	}
	app, err := t.startApp("move", nodes[0].redis+","+nodes[1].redis, nodes[1].redis)
	if err != nil {
		return err
	}
	if err := nodes[0].cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the node: %w", err)
	}
	stopped := time.Now()
	select {
	case <-nodes[0].ended:
	case <-time.After(patience):
		return fmt.Errorf("the node did not stop:\n%s", nodes[0])
	}
	took := time.Since(stopped).Round(100 * time.Millisecond)
	if err := t.end(app, "after the first endpoint stopped: messages arrive", "from the moved server: True"); err != nil {
		return err
	}
	for line := range strings.Lines(app.String()) {
		if strings.HasPrefix(line, "numbers: ") {
			fmt.Printf("test-dotnet-redis: StackExchange.Redis %s: a node stopped in %v; messages of another server during that time: %s",
				t.version.redis, took, strings.TrimPrefix(line, "numbers: "))
			if !strings.Contains(line, " twice 0 ") {
				return fmt.Errorf("messages arrived twice: %s", line)
			}
		}
	}
	return nil
}
