//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// A natsServer is a NATS server with the settings that it has by default, in a process
// of its own: the program of the module in nats, which make puts beside this one.
type natsServer struct {
	address string
	cmd     *exec.Cmd
	input   io.Closer
}

// natsProgram is where the program is, if it is there.
func natsProgram() (string, error) {
	self, err := os.Executable()
	return filepath.Join(filepath.Dir(self), "nats-server"), err
}

// natsVersion is empty if there is no NATS server.
func natsVersion() string {
	program, err := natsProgram()
	if err != nil {
		return ""
	}
	out, err := exec.Command(program, "-version").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// startNATS starts a server. It ends with the harness, however that ends: its input
// does.
func startNATS() (*natsServer, error) {
	program, err := natsProgram()
	if err != nil {
		return nil, err
	}
	s := &natsServer{cmd: exec.Command(program)}
	s.cmd.Stderr = os.Stderr
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is the harness' to deal with
	if s.input, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s told no address: %w", program, err), s.close())
	}
	s.address = strings.TrimSpace(line)
	return s, nil
}

func (s *natsServer) pid() int { return s.cmd.Process.Pid }

// close has the server end.
func (s *natsServer) close() error { return errors.Join(s.input.Close(), s.cmd.Wait()) }
