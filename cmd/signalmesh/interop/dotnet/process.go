package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// patience is how long a process may take to start.
const patience = 20 * time.Second

// A log holds the output of a process.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// await waits until the log has a text.
func (l *log) await(ctx context.Context, text string) error { return l.awaitCount(ctx, text, 1) }

// awaitCount waits until the log has a text n times.
func (l *log) awaitCount(ctx context.Context, text string, n int) error {
	return l.awaitFor(ctx, text, n, patience)
}

// awaitFor waits until the log has a text n times, but not longer than that.
func (l *log) awaitFor(ctx context.Context, text string, n int, longest time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	for strings.Count(l.String(), text) < n {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%q is missing from the log: %w\n%s", text, ctx.Err(), l)
		}
	}
	return nil
}

// A process is a node, redis-server or the C# program.
type process struct {
	log
	cmd   *exec.Cmd
	in    io.WriteCloser
	ended chan struct{} // closed when it has ended
}

// start starts a process, which ends with the test at the latest.
func (t *test) start(name string, args ...string) (*process, error) {
	p := &process{cmd: exec.CommandContext(t.ctx, name, args...), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p, p
	p.cmd.WaitDelay = time.Second
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p.in = in
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // the output decides
	}()
	t.processes = append(t.processes, p)
	return p, nil
}

// kill ends the process by force.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// close ends all processes.
func (t *test) close() {
	for _, p := range t.processes {
		p.kill()
	}
}

// freeAddr returns a loopback address that nothing listens on.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// A node is one node with a Redis endpoint.
type node struct {
	*process
	redis, peers string
}

// startNode starts a node that joins the others, and waits until it is ready.
func (t *test) startNode(redis string, others []*node, flags ...string) (*node, error) {
	peers, err := freeAddr()
	if err != nil {
		return nil, err
	}
	args := []string{"node", "--redis", redis, "--listen", peers, "--name", redis, "--cache", "demo", "--app", "interop"}
	for _, o := range others {
		args = append(args, "--bootstrap", o.peers)
	}
	p, err := t.start(t.program, append(args, flags...)...)
	if err != nil {
		return nil, err
	}
	return &node{p, redis, peers}, p.await(t.ctx, "ready: Redis endpoint")
}

// startNodes starts nodes of one mesh.
func (t *test) startNodes(n int, flags ...string) (list []*node, err error) {
	for range n {
		redis, err := freeAddr()
		if err != nil {
			return nil, err
		}
		node, err := t.startNode(redis, list, flags...)
		if err != nil {
			return nil, err
		}
		list = append(list, node)
	}
	return list, nil
}

// startRedis starts redis-server and returns its address.
func (t *test) startRedis(flags ...string) (string, error) {
	addr, err := freeAddr()
	if err != nil {
		return "", err
	}
	return addr, t.startRedisAt(addr, flags...)
}

// startRedisAt starts redis-server at a loopback address.
func (t *test) startRedisAt(addr string, flags ...string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	p, err := t.start("redis-server", append([]string{"--port", port, "--bind", "127.0.0.1", "--save", ""}, flags...)...)
	if err != nil {
		return err
	}
	return p.await(t.ctx, "Ready to accept connections")
}
