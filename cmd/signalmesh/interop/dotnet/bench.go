package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	benchClients = 1000
	benchRate    = 5 // broadcasts per second in the part with a fixed rate
	benchRounds  = 5
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
	t := &test{ctx: ctx, version: versions[1], program: filepath.Join(dir, "signalmesh"), app: filepath.Join(dir, versions[1].redis, "bin", "interop.dll")}
	if err := goBuild(ctx, t.program, "./cmd/signalmesh"); err != nil {
		return err
	}
	programs, err := t.buildClients(dir)
	if err != nil {
		return err
	}
	began := time.Now()
	results := make(map[string][]figures)
	for i := range rounds {
		order := slices.Clone(contestants)
		if i%2 == 1 {
			slices.Reverse(order) // so that neither is always the first
		}
		for _, c := range order {
			f, err := t.measure(c, programs[1], clients)
			if err != nil {
				return fmt.Errorf("%s, round %d: %w", c.name, i+1, err)
			}
			fmt.Printf("bench-dotnet: round %d: %s: %.0f deliveries/s, %.1f µs saturated, %.1f µs at a rate, p50 %.1f ms, p99 %.1f ms, missing %d\n",
				i+1, c.name, f.deliveries, f.cpuSaturated, f.cpuAtRate, f.p50, f.p99, f.missing)
			results[c.name] = append(results[c.name], f)
		}
	}
	return publish(benchTable(results, clients, time.Since(began)))
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

// measure runs one contestant once, with new processes.
func (t *test) measure(c contestant, client string, clients int) (f figures, err error) {
	run := &test{ctx: t.ctx, version: t.version, program: t.program, app: t.app}
	defer run.close()
	configurations, err := c.start(run)
	if err != nil {
		return f, err
	}
	var urls []string
	for _, configuration := range configurations {
		p, err := run.start("dotnet", run.app, "scenario", configuration)
		if err != nil {
			return f, err
		}
		if err := p.await(run.ctx, "ready: "); err != nil {
			return f, err
		}
		urls = append(urls, p.urls()...)
	}
	measured := slices.Clone(run.processes)
	load, err := run.start("dotnet", append([]string{client, "load", strconv.Itoa(clients), strconv.Itoa(benchRate)}, urls...)...)
	if err != nil {
		return f, err
	}
	saturated, used, err := part(run.ctx, load, "saturated", measured)
	if err != nil {
		return f, err
	}
	var n, seconds float64
	if _, err := fmt.Sscan(saturated, &n, &seconds); err != nil {
		return f, fmt.Errorf("%q: %w", saturated, err)
	}
	f.deliveries, f.cpuSaturated = n/seconds, float64(used.Microseconds())/n
	atRate, used, err := part(run.ctx, load, "rate", measured)
	if err != nil {
		return f, err
	}
	if _, err := fmt.Sscan(atRate, &n, &f.p50, &f.p99, &f.missing); err != nil {
		return f, fmt.Errorf("%q: %w", atRate, err)
	}
	f.cpuAtRate = float64(used.Microseconds()) / n
	return f, nil
}

// part waits for a part of the load, and returns its figures and the processor time of
// the processes.
func part(ctx context.Context, load *process, name string, of []*process) (string, time.Duration, error) {
	if err := load.awaitFor(ctx, "begin "+name+"\n", 1, time.Minute); err != nil {
		return "", 0, err
	}
	before, err := cpu(of)
	if err != nil {
		return "", 0, err
	}
	head := "end " + name + " "
	if err := load.awaitFor(ctx, head, 1, time.Minute); err != nil {
		return "", 0, err
	}
	after, err := cpu(of)
	if err != nil {
		return "", 0, err
	}
	_, figures, _ := strings.Cut(load.String(), head)
	line, _, _ := strings.Cut(figures, "\n")
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
