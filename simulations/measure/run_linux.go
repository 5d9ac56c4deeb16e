package measure

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/signalmesh/signalmesh/simulations/netlab"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

const (
	peerPort = "9800"
	// maxProcesses is how many processes a measurement starts.
	maxProcesses = 20
	seeds        = 3
)

// A measurement runs a scenario as real processes.
type measurement struct {
	s       scenario.Scenario
	begin   time.Time // of the load
	wire    *netlab.Wire
	folder  string
	hosts   []*netlab.Host
	peers   []*exec.Cmd
	dead    map[int]bool
	seen    []bytes.Buffer // the sighting of each process
	errors  bytes.Buffer
	outages []outage // by the scenario's faults
}

// processes runs a scenario as real processes and returns what was measured, and by how much
// packets were later than they should have been.
func processes(ctx context.Context, s scenario.Scenario) (f Figures, late []time.Duration, err error) {
	if s.Nodes() > maxProcesses || len(s.Applications) > 1 {
		return nil, nil, fmt.Errorf("at most %d servers, and one application can be measured", maxProcesses)
	}
	m := &measurement{s: s, wire: netlab.NewWire(s.Seed), dead: map[int]bool{}}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.start(ctx); err != nil {
		return nil, nil, err
	}
	marks, err := m.pass(ctx)
	if err != nil {
		return nil, nil, err
	}
	for i, p := range m.peers {
		if !m.dead[i] {
			if err := p.Wait(); err != nil {
				return nil, nil, fmt.Errorf("%s failed: %w: %s", nameOf(i), err, bytes.TrimSpace(m.errors.Bytes()))
			}
		}
	}
	f, err = m.figures(marks)
	return f, m.wire.Lateness(), err
}

// start makes the hosts and starts a process on each, within a second of each other.
func (m *measurement) start(ctx context.Context) (err error) {
	if m.folder, err = os.MkdirTemp("", "signalmesh-measure-"); err != nil {
		return err
	}
	for i := range m.s.Nodes() {
		h, err := netlab.NewHost(netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)}), filepath.Join(m.folder, fmt.Sprint(i+1)))
		if err != nil {
			return err
		}
		m.hosts = append(m.hosts, h)
		m.wire.Attach(h)
	}
	m.wire.Follow(&m.s, m.hosts)
	m.seen = make([]bytes.Buffer, len(m.hosts))
	m.begin = time.Now().Add(m.s.Warmup.D())
	late := rand.New(rand.NewPCG(m.s.Seed, 0x1a7e))
	first := time.Now()
	for i := range m.hosts {
		if i > 0 {
			pause := time.Duration(i) * time.Second / time.Duration(len(m.hosts))
			pause += time.Duration(late.Int64N(int64(time.Second) / int64(len(m.hosts))))
			if err := sleepUntil(ctx, first.Add(pause)); err != nil {
				return err
			}
		}
		if err := m.startPeer(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

func (m *measurement) startPeer(ctx context.Context, i int) error {
	o := order{Scenario: m.s, Node: i, Begin: m.begin.UnixNano()}
	for _, other := range m.hosts[:min(seeds, len(m.hosts))] {
		if other != m.hosts[i] {
			o.Seeds = append(o.Seeds, other.Addr.String()+":"+peerPort)
		}
	}
	input, err := json.Marshal(o)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	p := exec.CommandContext(ctx, self)
	p.Env, p.Stdin, p.Stdout, p.Stderr = []string{childEnv + "=1"}, bytes.NewReader(input), &m.seen[i], io.Discard
	if i == 0 {
		p.Stderr = &m.errors
	}
	p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := m.hosts[i].Do(p.Start); err != nil {
		return fmt.Errorf("start %s: %w", nameOf(i), err)
	}
	m.peers = append(m.peers, p)
	return nil
}

// pass lets the time of the scenario pass, with its fault, and returns how many bytes had
// been sent when the load began and ended, after half of drain, and at the end.
func (m *measurement) pass(ctx context.Context) (marks [4]int, err error) {
	type step struct {
		at time.Duration
		do func() error
	}
	end := m.s.Duration.D()
	mark := func(i int) func() error {
		return func() error {
			marks[i] = m.wire.SentBytes()
			return nil
		}
	}
	steps := []step{{0, mark(0)}}
	m.outages = make([]outage, len(m.s.Faults))
	for i, f := range m.s.Faults {
		steps = append(steps, step{f.At.D(), func() error { return m.beginFault(i, f) }})
		if f.For > 0 {
			steps = append(steps, step{f.At.D() + f.For.D(), func() error { return m.endFault(i, f) }})
		}
	}
	steps = append(steps, step{end, mark(1)}, step{end + m.s.Drain.D()/2, mark(2)}, step{end + m.s.Drain.D() - 100*time.Millisecond, mark(3)})
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	for _, s := range steps {
		if err := sleepUntil(ctx, m.begin.Add(s.at)); err != nil {
			return marks, err
		}
		if err := s.do(); err != nil {
			return marks, err
		}
	}
	return marks, nil
}

// beginFault does what a fault says.
func (m *measurement) beginFault(i int, f scenario.Fault) error {
	m.outages[i] = outage{begin: time.Now().UnixNano(), lost: unreachable(&m.s, f)}
	nodes, _ := m.s.Select(f.Nodes...) // the scenario was checked
	switch f.Do {
	case scenario.Cut, scenario.Partition:
		m.cut(i, func(a, b *netlab.Host) { m.wire.Block(a, b) })
	case scenario.Pause:
		return m.signal(nodes, syscall.SIGSTOP)
	case scenario.PowerLoss:
		m.cut(i, func(a, b *netlab.Host) { m.wire.Block(a, b) }) // so that no kernel tells the others
		return m.kill(nodes)
	case scenario.Kill:
		return m.kill(nodes)
	default:
		return fmt.Errorf("the fault %s cannot be measured", f.Do)
	}
	return nil
}

// endFault ends what beginFault did.
func (m *measurement) endFault(i int, f scenario.Fault) error {
	nodes, _ := m.s.Select(f.Nodes...)
	switch f.Do {
	case scenario.Cut, scenario.Partition:
		m.cut(i, func(a, b *netlab.Host) { m.wire.Unblock(a, b) })
	case scenario.Pause:
		if err := m.signal(nodes, syscall.SIGCONT); err != nil {
			return err
		}
	}
	m.outages[i].end = time.Now().UnixNano()
	return nil
}

// cut does something to the wires between all hosts that do not reach each other.
func (m *measurement) cut(fault int, do func(a, b *netlab.Host)) {
	for i, a := range m.hosts {
		for j, b := range m.hosts {
			if m.outages[fault].lost(i, j) {
				do(a, b)
			}
		}
	}
}

func (m *measurement) signal(nodes []int, s syscall.Signal) error {
	for _, n := range nodes {
		if err := m.peers[n].Process.Signal(s); err != nil {
			return fmt.Errorf("signal %s: %w", nameOf(n), err)
		}
	}
	return nil
}

func (m *measurement) kill(nodes []int) error {
	for _, n := range nodes {
		if err := m.peers[n].Process.Kill(); err != nil {
			return fmt.Errorf("kill %s: %w", nameOf(n), err)
		}
		m.dead[n] = true
		_ = m.peers[n].Wait() // the error says that it was killed
	}
	return nil
}

// figures returns the measured values.
func (m *measurement) figures(marks [4]int) (Figures, error) {
	var seen []sighting
	for i := range m.seen {
		if m.dead[i] {
			continue
		}
		var s sighting
		if err := json.Unmarshal(m.seen[i].Bytes(), &s); err != nil {
			return nil, fmt.Errorf("understand %s: %w", nameOf(i), err)
		}
		seen = append(seen, s)
	}
	f := figures(seen, m.outages, m.s.LateAfter.D())
	servers := float64(len(m.hosts)) * 1e3
	f[Loaded] = 8 * float64(marks[1]-marks[0]) / m.s.Duration.D().Seconds() / servers
	f[Idle] = 8 * float64(marks[3]-marks[2]) / (m.s.Drain.D()/2 - 100*time.Millisecond).Seconds() / servers
	return f, nil
}

// close ends everything that was started.
func (m *measurement) close() error {
	for _, p := range m.peers {
		if p.ProcessState == nil {
			_ = p.Process.Kill()
			_ = p.Wait() // the error says that it was killed
		}
	}
	for _, h := range m.hosts {
		h.Close()
	}
	m.wire.Wait()
	return os.RemoveAll(m.folder)
}
