//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	sim "github.com/signalmesh/signalmesh/simulations/scenario"
)

// A measurement runs a scenario of the simulations as real processes, to hold the
// simulations against it.
type measurement struct {
	s      sim.Scenario
	wire   *wire
	folder string
	hosts  []*host
	peers  []*exec.Cmd
	seen   []bytes.Buffer // what each peer tells at its end
}

// measure runs a scenario, a builtin one or a file, and prints the figures that the
// simulations give as well.
func measure(ctx context.Context, name string, seed uint64, stdout, stderr io.Writer) (err error) {
	s, err := scenarioCalled(name)
	if err != nil {
		return err
	}
	s.Seed = seed
	if s, err = s.Complete(); err != nil {
		return err
	}
	if s.Nodes() > 20 || len(s.Faults) > 0 || len(s.Applications) > 1 {
		return errors.New("only scenarios of up to 20 nodes, with one application and without faults can be measured")
	}
	m := &measurement{s: s, wire: newWire(seed)}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.start(ctx, stderr); err != nil {
		return err
	}
	if err := sleepUntil(ctx, time.Now().Add(s.Warmup.D())); err != nil {
		return err
	}
	before := m.wire.sentBytes()
	if err := sleepUntil(ctx, time.Now().Add(s.Duration.D())); err != nil {
		return err
	}
	sent := m.wire.sentBytes() - before
	for _, p := range m.peers {
		err = errors.Join(err, p.Wait())
	}
	if err != nil {
		return fmt.Errorf("a peer failed: %w", err)
	}
	for _, h := range m.hosts {
		h.close()
	}
	m.hosts = nil
	m.wire.wait()
	return m.tell(stdout, sent)
}

func scenarioCalled(name string) (sim.Scenario, error) {
	if !strings.HasSuffix(name, ".yaml") {
		return sim.Builtin(name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return sim.Scenario{}, err
	}
	return sim.Parse(name, text)
}

// start makes the hosts and starts a peer on each.
func (m *measurement) start(ctx context.Context, stderr io.Writer) (err error) {
	if m.folder, err = os.MkdirTemp("", "signalmesh-measure-"); err != nil {
		return err
	}
	for i := range m.s.Nodes() {
		h, err := newHost(address(i, 1), filepath.Join(m.folder, fmt.Sprint(i+1)))
		if err != nil {
			return err
		}
		m.hosts = append(m.hosts, h)
		m.wire.attach(h)
	}
	m.wire.follow(&m.s, m.hosts)
	m.seen = make([]bytes.Buffer, len(m.hosts))
	input, err := json.Marshal(m.s)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	begin := time.Now().Add(m.s.Warmup.D())
	for i, h := range m.hosts {
		args := []string{"peer", "-index", fmt.Sprint(i), "-begin", fmt.Sprint(begin.UnixNano())}
		for _, other := range m.hosts[:min(3, len(m.hosts))] {
			if other != h {
				args = append(args, other.addr.String()+":"+peerPort)
			}
		}
		p := exec.CommandContext(ctx, self, args...)
		p.Env, p.Stdin, p.Stdout, p.Stderr = []string{}, bytes.NewReader(input), &m.seen[i], stderr
		p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
		if err := h.do(p.Start); err != nil {
			return fmt.Errorf("start a peer: %w", err)
		}
		m.peers = append(m.peers, p)
	}
	return nil
}

// tell prints what came out.
func (m *measurement) tell(w io.Writer, sent int) error {
	var all []int64
	var lost uint64
	published := 0
	for i := range m.seen {
		var s sighting
		if err := json.Unmarshal(m.seen[i].Bytes(), &s); err != nil {
			return fmt.Errorf("understand node-%d: %w", i+1, err)
		}
		all, lost, published = append(all, s.Delays...), lost+s.Lost, published+s.Published
	}
	if len(all) == 0 {
		return errors.New("nothing was delivered")
	}
	slices.Sort(all)
	at := func(share float64) float64 { return float64(percentile(all, share)) / 1e6 }
	fmt.Fprintf(w, "published %d, delivered %d, reported lost %d\n", published, len(all), lost)
	fmt.Fprintf(w, "delivery p50 %.1f ms, p90 %.1f ms, p99 %.1f ms, max %.1f ms\n", at(0.5), at(0.9), at(0.99), at(1))
	carried, dropped := m.wire.packets()
	slices.Sort(m.wire.lateness) // all hosts are quiet
	lateness := func(share float64) float64 { return percentile(m.wire.lateness, share).Seconds() * 1e3 }
	fmt.Fprintf(w, "the wire itself was late by %.1f ms (p50), %.1f ms (p99): this machine's part in the above\n", lateness(0.5), lateness(0.99))
	fmt.Fprintf(w, "%d bytes sent while the load ran, %d packets in all, %d of them lost\n", sent, carried+dropped, dropped)
	return nil
}

func percentile[T ~int64](sorted []T, share float64) (v T) {
	if len(sorted) > 0 {
		v = sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
	}
	return v
}

func (m *measurement) close() error {
	for _, p := range m.peers {
		if p.ProcessState == nil {
			_ = p.Process.Kill()
			_ = p.Wait() // that it was killed is no news
		}
	}
	for _, h := range m.hosts {
		h.close()
	}
	m.wire.wait()
	return os.RemoveAll(m.folder)
}
