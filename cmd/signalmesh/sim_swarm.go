package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalmesh/signalmesh/simulations/swarm"
)

// swarmFlags are the command line of "signalmesh sim swarm".
type swarmFlags struct {
	seed      uint64
	time      time.Duration
	runs      uint64
	workers   int
	out       string
	keepGoing bool
	json      bool
}

// A swarmFailure is a failure as --json writes it.
type swarmFailure struct {
	swarm.Finding
	Command string `json:"command"`           // runs the drawn scenario again
	File    string `json:"file,omitempty"`    // the smaller scenario
	Smaller string `json:"smaller,omitempty"` // what failed in it
}

// A swarmSummary is the output of --json.
type swarmSummary struct {
	Seed     uint64         `json:"seed"`
	Runs     uint64         `json:"runs"`
	Failed   uint64         `json:"failed"`
	Seconds  float64        `json:"seconds"`
	Failures []swarmFailure `json:"failures"`
}

const (
	// swarmAgainEvery is how many scenarios there are for each that runs twice.
	swarmAgainEvery = 16
	swarmDefault    = 2 * time.Minute
)

func newSimSwarmCommand() *cobra.Command {
	f := &swarmFlags{}
	cmd := &cobra.Command{
		Use:   "swarm",
		Short: "Run random scenarios until a promise breaks",
		Long: `Draw scenarios at random and run them: any number of servers and regions, any
load, and faults of every kind in any combination. Every run checks that
messages arrive once and in order, that none is missing in the account or lost
while the replay window is open, that ready servers know each other, and that
the mesh recovers; and the checks of the simulation on itself. A panic and a
run that does not end are failures too.

A failure is printed with the command that repeats the run. A smaller scenario
that fails in the same way is written to a file, which "sim run" takes.

The same seed draws the same scenarios in the same version of the program. The
exit code is 0 if every run passed, 1 if one failed or the command was
interrupted, and 2 for a wrong command line.`,
		Example: `  signalmesh sim swarm                        new scenarios for two minutes
  signalmesh sim swarm --for 1h --keep-going  all the failures of an hour
  signalmesh sim swarm --seed 4711 --runs 1   one scenario again`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.Uint64Var(&f.seed, "seed", 0, "`number` of the first scenario, from 1; the others follow it. Default: random")
	flags.DurationVar(&f.time, "for", 0, "for how long scenarios are run: a `time`. Default 2m, or no bound with --runs")
	flags.Uint64Var(&f.runs, "runs", 0, "how many `scenarios` are run at most")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "how many `scenarios` run at a time")
	flags.StringVarP(&f.out, "out", "o", ".", "`directory` for the scenario files of failures")
	flags.BoolVar(&f.keepGoing, "keep-going", false, "continue after a failure; failures like an earlier one are only counted")
	flags.BoolVar(&f.json, "json", false, "write the summary as JSON on the standard output")
	return cmd
}

func (f *swarmFlags) run(cmd *cobra.Command) error {
	if err := f.check(); err != nil {
		return usageError{err}
	}
	debug.SetGCPercent(300) // a simulation makes much garbage and keeps little
	stderr := cmd.ErrOrStderr()
	fmt.Fprintf(stderr, "first seed %d, %s\n", f.seed, count(f.workers, "worker"))
	bar := newSwarmBar(stderr)
	var failures []swarmFailure
	sum, err := swarm.Hunt(cmd.Context(), swarm.Options{
		Seed: f.seed, For: f.time, Runs: f.runs, Workers: f.workers, KeepGoing: f.keepGoing, AgainEvery: swarmAgainEvery,
		Found: func(found swarm.Finding) {
			bar.end()
			failures = append(failures, f.report(cmd.Context(), stderr, found))
		},
		Progress: bar.show,
	})
	bar.end()
	s := swarmSummary{Seed: f.seed, Runs: sum.Runs, Failed: sum.Failed, Seconds: sum.Elapsed.Seconds(), Failures: failures}
	if err := f.show(cmd.OutOrStdout(), s); err != nil {
		return err
	}
	switch {
	case len(failures) > 0:
		first := failures[0]
		return fmt.Errorf("seed %d: %w; to see it again: %s", first.Seed, first.Failure, first.Command)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("stopped after %s", count(int(sum.Runs), "scenario"))
	}
	return err
}

// check completes the flags.
func (f *swarmFlags) check() error {
	if f.time < 0 {
		return fmt.Errorf("--for: %v is no time to run; write for example 2m", f.time)
	}
	if f.workers < 1 || f.workers > 1024 {
		return fmt.Errorf("--workers: %d is not between 1 and 1024", f.workers)
	}
	if f.time == 0 && f.runs == 0 {
		f.time = swarmDefault
	}
	for f.seed == 0 {
		f.seed = rand.Uint64N(1 << 40)
	}
	if err := makeable(f.out); err != nil {
		return fmt.Errorf("--out: %w; choose a directory that can be made and written", err)
	}
	return nil
}

// report prints a failure, makes its scenario smaller, and writes the file.
func (f *swarmFlags) report(ctx context.Context, w io.Writer, found swarm.Finding) swarmFailure {
	r := swarmFailure{Finding: found, Command: fmt.Sprintf("signalmesh sim swarm --seed %d --runs 1", found.Seed)}
	fmt.Fprintf(w, "FAILED  seed %d: %v\n", found.Seed, found.Failure)
	if found.Failure.Stack != "" {
		fmt.Fprintln(w, found.Failure.Stack)
	}
	fmt.Fprintf(w, "  the same scenario again: %s\n", r.Command)
	if len(found.Scenario) == 0 {
		return r
	}
	bar := newSwarmBar(w)
	text, failure := swarm.Shrinker{Progress: bar.shrinking}.Shrink(ctx, found.Scenario, found.Failure)
	bar.end()
	file := filepath.Join(f.out, fmt.Sprintf("swarm-%d.yaml", found.Seed))
	err := os.MkdirAll(f.out, 0o755)
	if err == nil {
		err = os.WriteFile(file, text, 0o644)
	}
	if err != nil {
		fmt.Fprintf(w, "  the smaller scenario was not written: %v\n%s", err, text)
		return r
	}
	r.File, r.Smaller = file, failure.Text
	fmt.Fprintf(w, "  a smaller scenario: signalmesh sim run %s\n  it fails with: %v\n", quoted(file), failure)
	return r
}

// show writes the summary.
func (f *swarmFlags) show(w io.Writer, s swarmSummary) error {
	if f.json {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(s)
	}
	_, err := fmt.Fprintf(w, "%s from seed %d in %v: %d failed\n",
		count(int(s.Runs), "scenario"), s.Seed, time.Duration(s.Seconds*float64(time.Second)).Round(time.Second), s.Failed)
	return err
}
