//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	readyLimit = 30 * time.Second
	emptyLimit = time.Minute
)

// nameFile is a file that every server serves next to its hub. It contains the name of
// the server.
const nameFile = "server.txt"

// A server is one signalmesh node. It keeps its addresses when it restarts.
type server struct {
	name               string
	http, admin, peers string // addresses
	command            []string
	log                string
	process            *process // nil if it does not run
}

// newServer picks the addresses of a server. folder is for its files.
func newServer(name, folder string, a *addresses) (*server, error) {
	picked, err := a.next(3)
	if err != nil {
		return nil, err
	}
	s := &server{name: name, http: picked[0], admin: picked[1], peers: picked[2], log: filepath.Join(folder, name+".log")}
	static := filepath.Join(folder, name)
	if err := os.Mkdir(static, 0o755); err != nil {
		return nil, err
	}
	s.command = []string{
		"node", "--name", name, "--http", s.http, "--admin", s.admin, "--listen", s.peers, "--static", static,
		"--cache", "deploy", "--app", "chat", "--hub", "chat",
	}
	return s, os.WriteFile(filepath.Join(static, nameFile), []byte(name), 0o644)
}

// HTTP and AdminPort are for the configurations of balancers.
func (s *server) HTTP() string { return s.http }

func (s *server) AdminPort() string {
	_, port, _ := net.SplitHostPort(s.admin) // it is the address of a listener
	return port
}

func (s *server) Name() string { return s.name }

// start starts the program as this server and waits until it is ready.
func (s *server) start(ctx context.Context, program string) (err error) {
	if s.process, err = startProcess(s.name, s.log, exec.Command(program, s.command...)); err != nil {
		return err
	}
	return s.ready(ctx)
}

// ready waits until the server is ready.
func (s *server) ready(ctx context.Context) error {
	return await(ctx, readyLimit, s.name+" to be ready", func() (bool, error) {
		code, _, err := s.ask(ctx, http.MethodGet, "/readyz")
		return err == nil && code == http.StatusOK, s.process.over()
	})
}

// empty waits until the server has no clients.
func (s *server) empty(ctx context.Context) error {
	return await(ctx, emptyLimit, "the clients of "+s.name+" to leave", func() (bool, error) {
		n, err := s.clients(ctx)
		return n == 0, err
	})
}

// clients returns the number of connections of clients.
func (s *server) clients(ctx context.Context) (int, error) {
	_, metrics, err := s.ask(ctx, http.MethodGet, "/metrics")
	if err != nil {
		return 0, err
	}
	const name = "signalmesh_signalr_connections"
	sum, found := 0, false
	for lines := bufio.NewScanner(strings.NewReader(metrics)); lines.Scan(); {
		rest, ok := strings.CutPrefix(lines.Text(), name)
		if !ok || rest == "" || rest[0] != ' ' && rest[0] != '{' {
			continue
		}
		n, err := strconv.Atoi(rest[strings.LastIndexByte(rest, ' ')+1:])
		if err != nil {
			return 0, fmt.Errorf("metric %s of %s: %w", name, s.name, err)
		}
		sum, found = sum+n, true
	}
	if !found {
		return 0, fmt.Errorf("%s has no metric %s", s.name, name)
	}
	return sum, nil
}

// stop sends SIGTERM and waits until the server has ended.
func (s *server) stop(ctx context.Context) error {
	if err := s.process.terminate(); err != nil {
		return err
	}
	return s.process.wait(ctx)
}

// drain begins a drain with the method POST, and ends it with DELETE.
func (s *server) drain(ctx context.Context, method string) error {
	code, body, err := s.ask(ctx, method, "/api/drain")
	if err != nil {
		return err
	}
	if code >= 300 {
		return fmt.Errorf("%s /api/drain of %s: status %d: %s", method, s.name, code, body)
	}
	return nil
}

// ask sends a request to the admin listener.
func (s *server) ask(ctx context.Context, method, path string) (code int, body string, err error) {
	return request(ctx, method, "http://"+s.admin+path, "")
}

// request sends a request with a Cookie header, unless that is "".
func request(ctx context.Context, method, url, cookie string) (code int, body string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return 0, "", err
	}
	r.Close = true // a balancer shall choose a server for each request
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	data, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, string(data), err
}
