//go:build linux

// Command faults runs a mesh of real processes, each in a network namespace of its
// own, does to it what networks, machines and operators do, and holds it to its
// account: for each ordered pair of servers, what was offered was delivered in
// order, once, or was reported lost. It needs Linux, root, ip(8) and /dev/net/tun.
//
//	faults                        every scenario, once
//	faults -run partition         those with this in their names
//	faults -soak 10m -seed 7      faults drawn at random
//	faults -record docs/reliability.md
//
// docs/reliability.md says what each scenario does and what came out.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are the command line.
type options struct {
	match      string
	seed       uint64
	size, rate int
	soak       time.Duration
	record     string
	logs       bool
}

func (o options) fleet(flags []string) fleetOptions {
	return fleetOptions{size: o.size, rate: o.rate, seed: o.seed, flags: flags}
}

// run is the program: 0 means that every promise was kept, 1 that one was not or
// that this machine cannot tell, 2 a wrong command line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "node" {
		return runServer(ctx, args[1:], stderr)
	}
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2 // the flag set has told it
	}
	fmt.Fprintf(stdout, "seed %d\n", o.seed)
	if err := o.run(ctx, stdout); err != nil {
		fmt.Fprintf(stderr, "faults: %v\n", err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("faults", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.match, "run", "", "run only scenarios with this in their names")
	flags.Uint64Var(&o.seed, "seed", rand.Uint64N(1e6), "what is drawn at random comes from this")
	flags.IntVar(&o.size, "nodes", 5, "how many servers, from 4 to 20")
	flags.IntVar(&o.rate, "rate", 60, "messages of each of three kinds that a server publishes in a second")
	flags.DurationVar(&o.soak, "soak", 0, "draw faults at random for so long, instead of running each once")
	flags.StringVar(&o.record, "record", "", "put the table into this file")
	flags.BoolVar(&o.logs, "logs", false, "print the end of every node's log after each scenario, not only after one that failed")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 || o.size < 4 || o.size > 20 || o.rate < 1 || o.rate > 1000 {
		err = fmt.Errorf("-nodes is from 4 to 20, -rate from 1 to 1000, and nothing follows the flags")
		fmt.Fprintln(stderr, "faults:", err)
	}
	return o, err
}

func (o options) run(ctx context.Context, stdout io.Writer) error {
	if _, err := exec.LookPath("ip"); err != nil {
		return fmt.Errorf("ip(8) is missing: install iproute2: %w", err)
	}
	if o.soak > 0 {
		return soak(ctx, o, stdout)
	}
	begun := time.Now()
	outcomes, err := o.all(ctx, stdout)
	if len(outcomes) > 0 {
		fmt.Fprintf(stdout, "\nseed %d, %.0f s\n", o.seed, time.Since(begun).Seconds())
		printTable(stdout, outcomes)
	}
	if err != nil {
		return err
	}
	if o.record != "" {
		if err := record(o.record, outcomes, o.method()); err != nil {
			return fmt.Errorf("record the table: %w", err)
		}
	}
	if slices.ContainsFunc(outcomes, func(o Outcome) bool { return o.Err != nil }) {
		return errors.New("a promise was broken; the reasons are above")
	}
	return nil
}

// method says how the table was made.
func (o options) method() string {
	return fmt.Sprintf("%d servers, each of which published %d messages of each of the three kinds a second; seed %d.", o.size, o.rate, o.seed)
}

// all runs the scenarios that match, one after the other, those that need no flags
// of their own on one fleet.
func (o options) all(ctx context.Context, stdout io.Writer) (outcomes []Outcome, err error) {
	var f *fleet
	var r *report
	defer func() {
		if f != nil {
			err = errors.Join(err, f.close())
		}
	}()
	for i, s := range scenarios() {
		if !strings.Contains(s.name, o.match) {
			continue
		}
		if f == nil || !slices.Equal(f.o.flags, s.flags) {
			if f != nil {
				if err := f.close(); err != nil {
					return outcomes, err
				}
			}
			if f, err = newFleet(ctx, o.fleet(s.flags)); err != nil {
				return outcomes, err
			}
			r = newReport()
		}
		fmt.Fprintf(stdout, "%s … ", s.name)
		begun := time.Now()
		outcome := try(ctx, s, f, r, rand.New(rand.NewPCG(o.seed, uint64(i))))
		outcomes = append(outcomes, outcome)
		fmt.Fprintf(stdout, "%s, %.0f s%s\n", map[bool]string{true: "ok", false: "FAILED"}[outcome.Err == nil], time.Since(begun).Seconds(), outcome.aside())
		if outcome.Err != nil || o.logs {
			tellLogs(stdout, f)
		}
		if outcome.Err != nil {
			fmt.Fprintln(stdout, outcome.Err)
			if ctx.Err() != nil {
				return outcomes, ctx.Err()
			}
			if err := f.close(); err != nil { // the next one deserves a sound fleet
				return outcomes, err
			}
			f = nil
		}
	}
	if len(outcomes) == 0 {
		return nil, fmt.Errorf("no scenario has %q in its name", o.match)
	}
	return outcomes, nil
}

// tellLogs prints the end of every node's log.
func tellLogs(w io.Writer, f *fleet) {
	for _, s := range f.servers {
		if s.process != nil {
			fmt.Fprintf(w, "--- the log of %s ends with:\n%s\n", s, s.process.tail(15))
		}
	}
}
