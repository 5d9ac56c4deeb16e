package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	benchClients = 1000
	benchRate    = 5 // broadcasts per second in the part with a fixed rate
	benchRounds  = 11
)

// figures are those of one contestant in one round.
type figures struct {
	deliveries   float64 // per second, saturated
	cpuSaturated float64 // µs of the servers and the backplane for each delivery
	cpuAtRate    float64
	p50, p99     float64 // ms, at a rate
	missing      int     // deliveries, at a rate
}

// values returns the figures that are compared, in the order of benchRows.
func (f figures) values() []float64 {
	return []float64{f.deliveries, f.cpuSaturated, f.cpuAtRate, f.p50, f.p99}
}

// A contestant is a backplane with its servers.
type contestant struct {
	name  string
	start func(t *test) (configurations []string, err error)
}

var contestants = []contestant{
	{"mesh", func(t *test) (list []string, err error) {
		nodes, err := t.startNodes(scenarioServers)
		for _, n := range nodes {
			list = append(list, n.redis)
		}
		return list, err
	}},
	{"redis", func(t *test) ([]string, error) {
		redis, err := t.startRedis()
		return []string{redis, redis, redis}, err
	}},
}

// runBench measures ASP.NET Core servers on the mesh and on redis-server with Microsoft's
// clients, in alternation, and prints a table. With RECORD=1 it writes the table into
// docs/benchmarks.md. ROUNDS and CLIENTS have numbers.
func runBench(ctx context.Context, dir string) error {
	rounds, err := number("ROUNDS", benchRounds)
	if err != nil {
		return err
	}
	clients, err := number("CLIENTS", benchClients)
	if err != nil {
		return err
	}
	t, programs, err := buildAll(ctx, dir)
	if err != nil {
		return err
	}
	began := time.Now()
	var fleets []*fleet
	for _, c := range contestants {
		f, err := t.startFleet(c, programs[1], clients)
		if f != nil {
			defer f.close()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		fleets = append(fleets, f)
	}
	for i := range rounds {
		if err := measure(fleets, i); err != nil {
			return fmt.Errorf("round %d: %w", i+1, err)
		}
	}
	return publish(benchTable(fleets[0].figures, fleets[1].figures, clients, time.Since(began)))
}

// number returns the number in an environment variable, or a default.
func number(name string, standard int) (int, error) {
	text := os.Getenv(name)
	if text == "" {
		return standard, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s=%s: give a number above 0", name, text)
	}
	return n, nil
}

// A fleet is the servers of one contestant with their clients.
type fleet struct {
	*test
	name     string
	measured []*process // the servers and the backplane
	load     *process
	figures  []figures // one for each round
}

// startFleet starts the servers and the clients of a contestant, and waits until all
// clients are connected. The fleet has to be closed also after an error.
func (t *test) startFleet(c contestant, client string, clients int) (*fleet, error) {
	f := &fleet{test: &test{ctx: t.ctx, version: t.version, program: t.program, app: t.app}, name: c.name}
	configurations, err := c.start(f.test)
	if err != nil {
		return f, err
	}
	args := []string{client, "load", strconv.Itoa(clients), strconv.Itoa(benchRate)}
	for _, configuration := range configurations {
		p, err := f.start("dotnet", f.app, "scenario", configuration)
		if err != nil {
			return f, err
		}
		if err := p.await(f.ctx, "ready: "); err != nil {
			return f, err
		}
		args = append(args, p.urls()...)
	}
	f.measured = slices.Clone(f.processes)
	if f.load, err = f.start("dotnet", args...); err != nil {
		return f, err
	}
	return f, f.load.awaitFor(f.ctx, "connected\n", 1, time.Minute)
}

// measure adds the figures of one round to each fleet: each part with one fleet after the
// other, and in odd rounds in the opposite order.
func measure(fleets []*fleet, round int) error {
	order := slices.Clone(fleets)
	if round%2 == 1 {
		slices.Reverse(order)
	}
	for _, f := range order {
		f.figures = append(f.figures, figures{})
		if err := f.saturated(&f.figures[round]); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	for _, f := range order {
		g := &f.figures[round]
		if err := f.atRate(g); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		fmt.Printf("bench-dotnet: round %d: %s: %.0f deliveries/s, %.1f µs saturated, %.1f µs at a rate, p50 %.1f ms, p99 %.1f ms, missing %d\n",
			round+1, f.name, g.deliveries, g.cpuSaturated, g.cpuAtRate, g.p50, g.p99, g.missing)
	}
	return nil
}

// saturated measures as many broadcasts as there is time for.
func (f *fleet) saturated(to *figures) error {
	line, used, err := f.part("saturated")
	if err != nil {
		return err
	}
	var n, seconds float64
	if _, err := fmt.Sscan(line, &n, &seconds); err != nil {
		return fmt.Errorf("%q: %w", line, err)
	}
	to.deliveries, to.cpuSaturated = n/seconds, float64(used.Microseconds())/n
	return nil
}

// atRate measures broadcasts at a fixed rate.
func (f *fleet) atRate(to *figures) error {
	line, used, err := f.part("rate")
	if err != nil {
		return err
	}
	var n float64
	if _, err := fmt.Sscan(line, &n, &to.p50, &to.p99, &to.missing); err != nil {
		return fmt.Errorf("%q: %w", line, err)
	}
	to.cpuAtRate = float64(used.Microseconds()) / n
	return nil
}

// part runs a part of the load, and returns its figures and the processor time of the
// servers and the backplane.
func (f *fleet) part(name string) (string, time.Duration, error) {
	head := "end " + name + " "
	n := strings.Count(f.load.String(), head)
	before, err := cpu(f.measured)
	if err != nil {
		return "", 0, err
	}
	if _, err := fmt.Fprintln(f.load.in, name); err != nil {
		return "", 0, fmt.Errorf("%w\n%s", err, f.load)
	}
	if err := f.load.awaitFor(f.ctx, head, n+1, time.Minute); err != nil {
		return "", 0, err
	}
	after, err := cpu(f.measured)
	if err != nil {
		return "", 0, err
	}
	text := f.load.String()
	line, _, _ := strings.Cut(text[strings.LastIndex(text, head)+len(head):], "\n")
	return line, after - before, nil
}

// cpu returns the processor time that processes have used, on Linux.
func cpu(of []*process) (sum time.Duration, err error) {
	const tick = 10 * time.Millisecond // USER_HZ is 100
	for _, p := range of {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
		if err != nil {
			return 0, fmt.Errorf("processor time of a process: %w", err)
		}
		_, rest, _ := strings.Cut(string(text), ") ") // the name may have spaces
		fields := strings.Fields(rest)
		if len(fields) < 13 {
			return 0, fmt.Errorf("processor time of a process: %q", text)
		}
		for _, field := range fields[11:13] { // user and system
			n, err := strconv.Atoi(field)
			if err != nil {
				return 0, fmt.Errorf("processor time of a process: %w", err)
			}
			sum += time.Duration(n) * tick
		}
	}
	return sum, nil
}
