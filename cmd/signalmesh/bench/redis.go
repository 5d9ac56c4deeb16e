//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A redis is a redis-server with the settings that it has by default, but that it
// keeps nothing on disk.
type redis struct {
	address string
	cmd     *exec.Cmd
}

// redisVersion is empty if there is no redis-server.
func redisVersion() string {
	out, err := exec.Command("redis-server", "--version").Output()
	if err != nil {
		return ""
	}
	for word := range strings.FieldsSeq(string(out)) {
		if version, ok := strings.CutPrefix(word, "v="); ok {
			return version
		}
	}
	return "of unknown version"
}

// startRedis starts a server on a port that is free.
func startRedis(ctx context.Context) (*redis, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &redis{address: l.Addr().String()}
	if err := l.Close(); err != nil {
		return nil, err
	}
	return r, r.start(ctx)
}

// start starts the server, the first time or after kill.
func (r *redis) start(ctx context.Context) error {
	_, port, err := net.SplitHostPort(r.address)
	if err != nil {
		return err
	}
	r.cmd = exec.Command("redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no")
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := r.cmd.Start(); err != nil {
		return fmt.Errorf("start redis-server: %w", err)
	}
	for ctx.Err() == nil {
		if c, err := net.Dial("tcp", r.address); err == nil {
			return c.Close()
		}
		time.Sleep(5 * time.Millisecond)
	}
	r.kill()
	return errors.Join(fmt.Errorf("redis-server does not answer at %s", r.address), ctx.Err())
}

func (r *redis) kill() {
	_ = r.cmd.Process.Kill() // it may have ended
	_ = r.cmd.Wait()         // that it was killed is known
}
