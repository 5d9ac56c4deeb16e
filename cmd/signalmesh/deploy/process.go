//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// stopTimeout is how long a process may take to end after SIGTERM. A node drains in
// that time.
const stopTimeout = time.Minute

// errUnclean means that a process ended after SIGTERM with an exit status other than 0.
var errUnclean = errors.New("unclean end")

// A process is a child process whose output goes to a file. It ends with this process,
// however this process ends.
type process struct {
	name  string
	cmd   *exec.Cmd
	log   string        // path of the file
	ended chan struct{} // closed when the process has ended; err is set before
	err   error
}

// startProcess starts command, whose output is appended to the file log. The variables
// of the environment that begin with SIGNALMESH_ or NCacheConfiguration do not reach it:
// those are settings of a node.
func startProcess(name, log string, command *exec.Cmd) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close() // the process has a descriptor of it
	if command.Stdout == nil {
		command.Stdout = out
	}
	command.Stderr = out
	command.Env = withoutSettings(os.Environ())
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	p := &process{name: name, cmd: command, log: log, ended: make(chan struct{})}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() { // until the process ends
		p.err = command.Wait()
		close(p.ended)
	}()
	return p, nil
}

// kill ends the process and its children immediately.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // the process may have ended
	<-p.ended
}

// terminate sends SIGTERM.
func (p *process) terminate() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	return nil
}

// wait waits until the process has ended by itself.
func (p *process) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	select {
	case <-p.ended:
	case <-ctx.Done():
		return fmt.Errorf("%s had not ended after SIGTERM: %w", p.name, ctx.Err())
	}
	if p.err != nil {
		return fmt.Errorf("%w: %s: %w; its log ends with:\n%s", errUnclean, p.name, p.err, p.tail(2))
	}
	return nil
}

// over returns an error if the process has ended.
func (p *process) over() error {
	select {
	case <-p.ended:
		return fmt.Errorf("%s ended: %v; its log ends with:\n%s", p.name, p.err, p.tail(10))
	default:
		return nil
	}
}

// tail returns the last lines of the log.
func (p *process) tail(lines int) []byte {
	data, err := os.ReadFile(p.log)
	if err != nil {
		return []byte(err.Error())
	}
	all := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	return bytes.Join(all[max(0, len(all)-lines):], []byte("\n"))
}
