//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// A process is a node in a process of its own. It may be used concurrently.
type process struct {
	cmd     *exec.Cmd
	input   io.WriteCloser
	address string
	peer    string // where other servers reach it, if it is a whole server of the mesh

	mu      sync.Mutex // guards what is below, and writes to input
	encoder *json.Encoder
	id      int
	waiting map[int]chan Reply
	ended   chan struct{} // closed when no more replies come
}

// startProcess starts a node. It ends with the harness, however that ends: its input
// does.
func startProcess(args ...string) (*process, error) { return startRole("node", args...) }

// startRole starts a process that is one of roles. It ends as a node does.
func startRole(role string, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(self, append([]string{role}, args...)...), waiting: map[int]chan Reply{}, ended: make(chan struct{})}
	p.cmd.Stderr = os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is the harness' to deal with
	if p.input, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.encoder = json.NewEncoder(p.input)
	replies := json.NewDecoder(output)
	var first Reply
	if err := replies.Decode(&first); err != nil {
		p.kill()
		return nil, fmt.Errorf("start a server: %w", err)
	}
	p.address, p.peer = first.Address, first.Peer
	go p.read(replies) // until the process ends
	return p, nil
}

func (p *process) read(replies *json.Decoder) {
	defer close(p.ended)
	for {
		var r Reply
		if replies.Decode(&r) != nil {
			return
		}
		p.mu.Lock()
		waiting := p.waiting[r.ID]
		delete(p.waiting, r.ID)
		p.mu.Unlock()
		if waiting != nil {
			waiting <- r
		}
	}
}

// ask has a command carried out.
func (p *process) ask(ctx context.Context, c Command) (Reply, error) {
	answer := make(chan Reply, 1)
	p.mu.Lock()
	p.id++
	c.ID = p.id
	p.waiting[c.ID] = answer
	err := p.encoder.Encode(c)
	p.mu.Unlock()
	if err != nil {
		return Reply{}, fmt.Errorf("ask a server to %s: %w", c.Op, err)
	}
	select {
	case r := <-answer:
		if r.Error != "" {
			return r, fmt.Errorf("%s: %s", c.Op, r.Error)
		}
		return r, nil
	case <-p.ended:
		return Reply{}, fmt.Errorf("ask a server to %s: it has ended", c.Op)
	case <-ctx.Done():
		return Reply{}, ctx.Err()
	}
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// kill ends the process as a power cut does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	_ = p.cmd.Wait()         // that it was killed is known
}

// close has the process leave in order.
func (p *process) close() error {
	err := p.input.Close()
	<-p.ended
	return errors.Join(err, p.cmd.Wait())
}
