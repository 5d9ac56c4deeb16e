package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// start starts the test program as something else, and kills it in the end.
func start(t *testing.T, kind string, args ...string) (cmd *exec.Cmd, ended func()) {
	cmd = exec.Command(os.Args[0], args...)
	cmd.Env = []string{processKind + "=" + kind}
	ended = sync.OnceFunc(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // as it was killed
	})
	return cmd, ended
}

// A nodeProcess is "signalmesh node" in a process of its own.
type nodeProcess struct {
	door, peers, admin string
	end                func()
}

func startNode(t *testing.T, flags ...string) *nodeProcess {
	p := &nodeProcess{}
	cmd, end := start(t, "node", append([]string{"node", "--admin", "127.0.0.1:0", "--cache", "demo", "--app", "chat"}, flags...)...)
	stderr := newTranscript()
	cmd.Stderr = stderr
	require.NoError(t, cmd.Start())
	p.end = end
	t.Cleanup(end)
	ready := regexp.MustCompile(`ready: Redis endpoint (\S+), peers /ip4/127\.0\.0\.1/tcp/(\d+)\S*, admin (http://\S+/),`)
	var m []string
	require.Eventually(t, func() bool { m = ready.FindStringSubmatch(stderr.String()); return m != nil }, killPatience, 10*time.Millisecond, "%s", stderr)
	p.door, p.peers, p.admin = m[1], "127.0.0.1:"+m[2], m[3]
	return p
}

func (p *nodeProcess) kill(*testing.T) { p.end() }

// An appProcess is a server at a door in a process of its own: see runApp.
type appProcess struct {
	cmd  *exec.Cmd
	in   io.Closer
	end  func()
	read sync.WaitGroup

	mu             sync.Mutex
	changed        *sync.Cond
	heardAll, sent []int
}

// startAppProcess starts an app that publishes numbers from first on.
func startAppProcess(t *testing.T, door string, first int) *appProcess {
	p := &appProcess{}
	p.changed = sync.NewCond(&p.mu)
	p.cmd, p.end = start(t, "app", door, fmt.Sprint(first))
	var err error
	p.in, err = p.cmd.StdinPipe()
	require.NoError(t, err)
	out, to, err := os.Pipe() // which Wait does not close
	require.NoError(t, err)
	p.cmd.Stdout, p.cmd.Stderr = to, os.Stderr
	require.NoError(t, p.cmd.Start())
	require.NoError(t, to.Close())
	p.read.Go(func() {
		defer out.Close()
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.take(lines.Text())
		}
	})
	t.Cleanup(func() { p.end(); p.read.Wait() })
	return p
}

func (p *appProcess) take(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var n int
	if _, err := fmt.Sscanf(line, "heard 1:%d", &n); err == nil {
		p.heardAll = append(p.heardAll, n)
	}
	if _, err := fmt.Sscanf(line, "sent %d", &n); err == nil {
		p.sent = append(p.sent, n)
	}
	p.changed.Broadcast()
}

// kill ends it by force. What it had written has been read then.
func (p *appProcess) kill(*testing.T) {
	p.end()
	p.read.Wait()
}

// stop has it publish no more, and returns what it has published.
func (p *appProcess) stop(t *testing.T) []int {
	require.NoError(t, p.in.Close())
	p.read.Wait()
	return p.accepted()
}

func (p *appProcess) heard() []int    { p.mu.Lock(); defer p.mu.Unlock(); return p.heardAll }
func (p *appProcess) accepted() []int { p.mu.Lock(); defer p.mu.Unlock(); return p.sent }

// last is the last number that it can have used: each is followed by its report.
func (p *appProcess) last() int { return last(p.accepted()) }

func (p *appProcess) awaitAccepted(t *testing.T) {
	awaitCond(t, p.changed, func() bool { return len(p.sent) > 0 }, "an app to publish")
}

func (p *appProcess) awaitHeard(t *testing.T, n int) {
	awaitCond(t, p.changed, func() bool { return len(p.heardAll) >= n }, "an app to hear %d", n)
}

func (p *appProcess) awaitHeardOf(t *testing.T, n int) {
	awaitCond(t, p.changed, func() bool { return len(p.heardAll) > 0 && last(p.heardAll) >= n }, "an app to hear the last")
}

// awaitCond waits until what the lock of changed guards is so.
func awaitCond(t *testing.T, changed *sync.Cond, so func() bool, what string, args ...any) {
	t.Helper()
	ctx := patiently(t)
	defer context.AfterFunc(ctx, func() {
		changed.L.Lock()
		defer changed.L.Unlock()
		changed.Broadcast()
	})()
	changed.L.Lock()
	defer changed.L.Unlock()
	for !so() {
		require.NoError(t, ctx.Err(), "waiting for "+what, args)
		changed.Wait()
	}
}

func patiently(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), killPatience)
	t.Cleanup(cancel)
	return ctx
}
