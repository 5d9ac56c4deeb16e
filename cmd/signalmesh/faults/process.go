//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/simulations/netlab"
)

// stopTimeout is how long a process may take to leave in order.
const stopTimeout = 20 * time.Second

// A process is one life of a server.
type process struct {
	name string
	host *netlab.Host
	http http.Client

	cmd   *exec.Cmd
	log   string        // path of its log, in the host's file system
	ended chan struct{} // closed when it has; err is set then
	err   error
}

// A status is what a node tells about itself and the others.
type status struct {
	Peer    string        `json:"peer"`
	Ready   bool          `json:"ready"`
	Health  mesh.Health   `json:"health"`
	Members []mesh.Member `json:"members"`
}

// startProcess starts a node on a host. flags are those of runServer.
func startProcess(h *netlab.Host, name string, flags ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{name: name, host: h, ended: make(chan struct{}), log: filepath.Join(h.Disk, name+".log")}
	p.http = http.Client{Transport: &http.Transport{DialContext: h.Dial, DisableKeepAlives: true}}
	p.cmd = exec.Command(self, append([]string{"node", "--name", name}, flags...)...)
	p.cmd.Env = []string{} // settings of whoever runs this are none of the nodes'
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	err = h.Do(func() error {
		log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		defer log.Close() // the process has it
		p.cmd.Stderr = log
		return p.cmd.Start()
	})
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() { // until the process ends
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

func (p *process) signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// kill ends the process as a power cut does.
func (p *process) kill() {
	_ = p.signal(syscall.SIGKILL) // it may have ended
	<-p.ended
}

// stop asks the process to leave, and expects it to do so in order.
func (p *process) stop() error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	select {
	case <-p.ended:
	case <-time.After(stopTimeout):
		p.kill()
		return fmt.Errorf("%s had not stopped after %v", p.name, stopTimeout)
	}
	if p.err != nil {
		return fmt.Errorf("%s did not stop in order: %w", p.name, p.err)
	}
	return nil
}

func (p *process) status(ctx context.Context) (s status, err error) {
	return s, p.get(ctx, "http://host:"+adminPort+"/api/status", func(b []byte) error { return json.Unmarshal(b, &s) })
}

func (p *process) vitals(ctx context.Context) (v Vitals, err error) {
	return v, p.get(ctx, "http://host:"+clientPort+"/vitals", func(b []byte) error { return json.Unmarshal(b, &v) })
}

// counter reads a counter of the mesh.
func (p *process) counter(ctx context.Context, name string) (value uint64, err error) {
	name = "signalmesh_mesh_" + name + "{"
	return value, p.get(ctx, "http://host:"+adminPort+"/metrics", func(b []byte) error {
		for line := range strings.Lines(string(b)) {
			if strings.HasPrefix(line, name) {
				f, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(line, ' ')+1:]), 64)
				value = uint64(f)
				return err
			}
		}
		return fmt.Errorf("no counter %s}", name)
	})
}

func (p *process) get(ctx context.Context, url string, take func([]byte) error) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := p.http.Do(request)
	if err != nil {
		return fmt.Errorf("ask %s: %w", p.name, err)
	}
	defer response.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(response.Body); err != nil {
		return fmt.Errorf("ask %s: %w", p.name, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("ask %s for %s: %s", p.name, url, response.Status)
	}
	if err := take(b.Bytes()); err != nil {
		return fmt.Errorf("ask %s for %s: %w", p.name, url, err)
	}
	return nil
}

// tail is the end of the log.
func (p *process) tail(lines int) string {
	var text []byte
	_ = p.host.Do(func() (err error) { // what cannot be read is empty
		text, err = os.ReadFile(p.log)
		return err
	})
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// over tells whether the process has ended.
func (p *process) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// fillLog makes the log so long that the disk it is on is full. empty takes that
// back, and fails if the node has got a line in meanwhile.
func (p *process) fillLog() (empty func() error, err error) {
	var before, full int64
	err = p.host.Do(func() error {
		log, err := os.OpenFile(p.log, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer log.Close()
		if before, err = log.Seek(0, io.SeekEnd); err != nil {
			return err
		}
		for err == nil {
			_, err = log.Write(bytes.Repeat([]byte{'\n'}, 4<<10))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return err
		}
		full, err = log.Seek(0, io.SeekEnd)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("fill the disk of %s: %w", p.name, err)
	}
	return func() error {
		return p.host.Do(func() error {
			info, err := os.Stat(p.log)
			if err != nil {
				return err
			}
			if grown := info.Size() - full; grown > 0 {
				return fmt.Errorf("%s wrote %d bytes to a full disk", p.name, grown)
			}
			return os.Truncate(p.log, before)
		})
	}, nil
}
