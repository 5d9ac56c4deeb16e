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
	"syscall"
)

// endpoints are where apps connect: one door for each, or one Redis for all.
type endpoints struct {
	addresses []string // by app
	password  string   // empty: none
	redis     *redis   // nil: there are doors
	nodes     []*doorProcess
}

// A doorProcess is a node with a door in a process of its own.
type doorProcess struct {
	DoorAddress
	cmd   *exec.Cmd
	input io.Closer
}

func startEndpoints(ctx context.Context, contestant string, apps int) (_ *endpoints, err error) {
	e := &endpoints{}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.close())
		}
	}()
	if contestant == contestantRedis {
		if e.redis, err = startRedis(ctx); err != nil {
			return nil, err
		}
		for range apps {
			e.addresses = append(e.addresses, e.redis.address)
		}
		return e, nil
	}
	e.password = doorPassword
	var peers []string
	for range apps {
		n, err := startDoor(peers)
		if err != nil {
			return nil, err
		}
		e.nodes = append(e.nodes, n)
		e.addresses = append(e.addresses, n.Door)
		peers = append(peers, n.Peers)
	}
	return e, nil
}

// startDoor starts a node, which ends with the harness: its input does.
func startDoor(peers []string) (*doorProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &doorProcess{cmd: exec.Command(self, append([]string{roleDoor}, peers...)...)}
	p.cmd.Stderr = os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is the harness' to deal with
	if p.input, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if err := json.NewDecoder(out).Decode(&p.DoorAddress); err != nil {
		_ = p.cmd.Process.Kill() // it may have ended
		return nil, fmt.Errorf("start a node: %w", errors.Join(err, p.cmd.Wait()))
	}
	return p, nil
}

// usage is that of the nodes, or of Redis.
func (e *endpoints) usage() (sum Usage, err error) {
	var pids []int
	for _, n := range e.nodes {
		pids = append(pids, n.cmd.Process.Pid)
	}
	if e.redis != nil {
		pids = append(pids, e.redis.cmd.Process.Pid)
	}
	for _, pid := range pids {
		u, err := usageOf(pid)
		if err != nil {
			return sum, err
		}
		sum = sum.plus(u)
	}
	return sum, nil
}

// close ends everything. Of nil it is nothing.
func (e *endpoints) close() (err error) {
	if e == nil {
		return nil
	}
	for _, n := range e.nodes {
		err = errors.Join(err, n.input.Close(), n.cmd.Wait())
	}
	if e.redis != nil && e.redis.cmd != nil && e.redis.cmd.Process != nil {
		e.redis.kill()
	}
	return err
}
