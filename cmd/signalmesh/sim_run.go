package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signalmesh/signalmesh/simulations/report"
	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
	"github.com/signalmesh/signalmesh/simulations/sizing"
	"github.com/signalmesh/signalmesh/simulations/stack"
	"github.com/signalmesh/signalmesh/simulations/virtual"
)

// simFlags are the command line of "signalmesh sim run" and "sim compare".
type simFlags struct {
	settings map[string]*string // by the names of scenario.Keys
	out      string
	vary     string
	runs     int
	junit    string
	stack    bool
	json     bool
}

func newSimRunCommand() *cobra.Command {
	f := &simFlags{}
	cmd := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Run a scenario, one that comes with the program or a file",
		Long: `Run a scenario: one of "signalmesh sim list", or a file whose name ends in
.yaml. The flags change it. The end is a summary, and a report in the directory
of --out.

The exit code is 1 if the mesh broke a promise, an expectation of the
scenario was not met, or the simulation failed a check of its own; the last line
then says how to see it again. With --runs, each figure is the median of several
seeds, with their range.`,
		Example: `  signalmesh sim run steady --nodes 100 --rate 50 --size 512 --latency 1ms..20ms --loss 0.5% --bandwidth 1Gbit --duration 10m --seed 7 --out report
  signalmesh sim run scenario.yaml --json
  signalmesh sim run scenario.yaml --runs 5 --junit results.xml
  signalmesh sim run steady --stack --nodes 20`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{fmt.Errorf("run takes one scenario, not %d; signalmesh sim list shows those that come with the program", len(args))}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	f.add(cmd)
	return cmd
}

func newSimCompareCommand() *cobra.Command {
	f := &simFlags{}
	cmd := &cobra.Command{
		Use:   "compare SCENARIO...",
		Short: "Run several scenarios, or one with several settings, side by side",
		Long: `Run several scenarios, or one with several values of a setting, and show the
differences in a table and a report. What can be varied is what the flags of
"sim run" set.`,
		Example: `  signalmesh sim compare a.yaml b.yaml --out report
  signalmesh sim compare steady --vary degree=4,6,8,12 --nodes 100`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0, len(args) == 1 && f.vary == "":
				return usageError{errors.New("compare takes two scenarios, or one with --vary, for example --vary degree=4,6,8")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	f.add(cmd)
	return cmd
}

func (f *simFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	f.settings = map[string]*string{}
	for _, k := range scenario.Keys {
		f.settings[k.Name] = flags.String(k.Name, "", k.Help+"; for example "+k.Example)
	}
	flags.StringVar(&f.vary, "vary", "", "run it with several values of one setting: `key=a,b,c`")
	flags.IntVar(&f.runs, "runs", 1, "run it `N` times with different seeds, and report the median and the range of each figure; 1 to 100")
	flags.StringVar(&f.junit, "junit", "", "`file` for the expectations, checks and promises of each run, as JUnit XML")
	flags.StringVar(&f.out, "out", "", "`directory` for index.html, results.json and samples.csv; none: no report")
	flags.BoolVar(&f.stack, "stack", false, "run the whole program in virtual time instead of its core: slower, smaller, and not exactly repeatable")
	flags.BoolVar(&f.json, "json", false, "write the results as JSON instead of a summary")
}

// run runs every variant of every scenario and shows what came out.
func (f *simFlags) run(cmd *cobra.Command, args []string) error {
	groups, err := f.groups(cmd, args)
	if err != nil {
		return usageError{err}
	}
	if cmd.Name() == "compare" && len(groups) < 2 && len(groups[0]) < 2 {
		return usageError{fmt.Errorf("--vary %s is one run, and nothing to compare it with; give it two values or more, for example degree=4,6,8", f.vary)}
	}
	if err := makeable(f.out); err != nil {
		return usageError{fmt.Errorf("--out: %w; choose a directory that can be made and written", err)}
	}
	debug.SetGCPercent(300) // a simulation makes much garbage and keeps little
	outcomes, results, err := f.simulateAll(cmd, groups)
	if err != nil {
		return err
	}
	if f.junit != "" {
		if err := report.WriteJUnit(f.junit, results); err != nil {
			return err
		}
	}
	if err := f.show(cmd.OutOrStdout(), outcomes, results); err != nil {
		return err
	}
	for _, r := range results {
		if !r.OK() {
			return fmt.Errorf("seed %d: %s; to see it again: %s", r.Seed, failure(r), r.Command)
		}
	}
	return nil
}

// simulateAll runs all scenarios in sequence.
func (f *simFlags) simulateAll(cmd *cobra.Command, groups [][]simulated) (outcomes []report.Outcome, results []result.Result, err error) {
	several := len(groups) > 1 || len(groups[0]) > 1
	for _, group := range groups {
		var runs []result.Result
		for _, v := range group {
			r, err := f.simulate(cmd.Context(), cmd.ErrOrStderr(), v, several)
			if err != nil {
				return nil, nil, err
			}
			r.Label, r.Command = v.Label, v.command
			sizing.Complete(&r, &v.Scenario)
			runs = append(runs, r)
		}
		outcomes, results = append(outcomes, report.Of(runs...)), append(results, runs...)
	}
	return outcomes, results, nil
}

// makeable tells, before a run that may take long, whether its report can be written.
// It leaves nothing behind, as a run that is stopped does.
func makeable(dir string) error {
	if dir == "" {
		return nil
	}
	_, err := os.Stat(dir)
	made := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	try, err := os.CreateTemp(dir, ".signalmesh-")
	if err != nil {
		return err
	}
	err = errors.Join(try.Close(), os.Remove(try.Name()))
	if made {
		err = errors.Join(err, os.Remove(dir))
	}
	return err
}

// failure says what did not hold, in one line.
func failure(r result.Result) string {
	if len(r.Broken) > 0 {
		return "the mesh broke a promise: " + r.Broken[0]
	}
	if !r.Balances() {
		return "the account of messages does not balance"
	}
	for _, c := range r.Checks {
		if !c.OK {
			return fmt.Sprintf("the simulation failed its own check: %s is %.6g %s instead of %.6g", c.Name, c.Measured, c.Unit, c.Set)
		}
	}
	for _, e := range r.Expected {
		if !e.OK {
			return "an expectation was not met: " + report.Expected(e)
		}
	}
	return "the simulation did not check itself"
}

func (f *simFlags) simulate(ctx context.Context, stderr io.Writer, v simulated, several bool) (result.Result, error) {
	name := v.Name
	if several {
		name = strings.TrimSpace(fmt.Sprintf("%s %s seed %d", v.Name, v.Label, v.Seed))
	}
	bar := newSimBar(stderr, name)
	defer bar.end()
	bar.show(result.Progress{Of: v.Warmup.D() + v.Duration.D() + v.Drain.D()}) // the first second may take long
	run := virtual.Run
	if f.stack {
		run = stack.Run
	}
	r, err := run(ctx, v.Scenario, bar.show)
	if errors.Is(err, context.Canceled) {
		return r, errors.New("stopped; nothing was written")
	}
	return r, err
}

// show writes the summary or the JSON, and the report.
func (f *simFlags) show(w io.Writer, outcomes []report.Outcome, results []result.Result) error {
	if f.json {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		if err := e.Encode(results); err != nil {
			return err
		}
		w = io.Discard
	}
	switch {
	case len(outcomes) > 1:
		if err := f.compare(w, outcomes); err != nil {
			return err
		}
	default:
		if err := report.Summary(w, outcomes[0]); err != nil {
			return err
		}
		if f.out != "" {
			if err := report.Write(f.out, outcomes...); err != nil {
				return err
			}
		}
	}
	if f.out != "" {
		fmt.Fprintf(w, "\nthe report is in %s\n", filepath.Join(f.out, "index.html"))
	}
	return nil
}

// compare shows several results beside each other. The report is made in any case; who
// wants none does not get to see it.
func (f *simFlags) compare(w io.Writer, outcomes []report.Outcome) error {
	out := f.out
	if out == "" {
		dir, err := os.MkdirTemp("", "signalmesh-sim-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		out = dir
	}
	return report.Compare(out, w, outcomes)
}
