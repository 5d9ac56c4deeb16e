package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalmesh/signalmesh/cmd/signalmesh/manual"
	"github.com/signalmesh/signalmesh/simulations/measure"
)

// Between these lines of the manual is the error table.
const (
	errorTableBegin = "<!-- table: written by signalmesh sim measure --record docs/simulations.md -->"
	errorTableEnd   = "<!-- end of table -->"
)

func newSimMeasureCommand() *cobra.Command {
	var only []string
	var seed uint64
	record := ""
	cmd := &cobra.Command{
		Use:   "measure",
		Short: "Compare what the simulations predict with real processes",
		Long: `Run a few small scenarios three times: in core mode, with the whole program in
virtual time, and as real processes in network namespaces on this machine. The
table shows the differences between predictions and measurements. All cases take
6 minutes; no packet leaves this machine. The command needs Linux, root, ip(8)
and /dev/net/tun, and a machine with nothing else to do.

The exit code is 1 if a case could not be measured, and 0 otherwise, also if a
prediction differs by more than its limit: the table shows that.`,
		Example: `  sudo signalmesh sim measure
  sudo signalmesh sim measure --case cut,freeze`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, name := range only {
				if !slices.Contains(measure.Names(), name) {
					return usageError{fmt.Errorf("--case: there is no case %q; the cases are %s", name, strings.Join(measure.Names(), ", "))}
				}
			}
			return measureCases(cmd, only, seed, record)
		},
	}
	cmd.Flags().StringSliceVar(&only, "case", measure.Names(), "measure only these `cases`")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "`seed` of all random choices of the scenario")
	cmd.Flags().StringVar(&record, "record", "", "put the table into this `document`")
	return cmd
}

// measureCases compares the cases in sequence and writes the table.
func measureCases(cmd *cobra.Command, only []string, seed uint64, record string) error {
	table := manual.Table{Begin: errorTableBegin, End: errorTableEnd, Columns: measure.Columns, Texts: 2}
	var failed []error
	lateP50, lateP99 := 0.0, 0.0
	for _, name := range measure.Names() {
		if len(only) > 0 && !slices.Contains(only, name) {
			continue
		}
		c, err := measure.Named(name, seed)
		if err != nil {
			return err
		}
		length := c.Warmup.D() + c.Duration.D() + c.Drain.D()
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s (%v)\n", name, c.Question, length.Round(time.Second))
		result, err := measure.Compare(cmd.Context(), c)
		if cmd.Context().Err() != nil {
			return errors.New("stopped; nothing was written")
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		lateP50, lateP99 = max(lateP50, result.LateP50), max(lateP99, result.LateP99)
		for _, r := range result.Rows {
			table.Rows = append(table.Rows, r.Cells())
		}
	}
	late := fmt.Sprintf("In the worst case the network between the processes was itself late by %.1f ms (p50) and %.1f ms (p99), since this machine was busy. The measured values include that.", lateP50, lateP99)
	if len(table.Rows) > 0 {
		table.Print(cmd.OutOrStdout())
		fmt.Fprintln(cmd.OutOrStdout(), "\n"+late)
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	if record != "" {
		return table.Record(record, fmt.Sprintf("`signalmesh sim measure --seed %d`, on one machine with two cores. %s", seed, late))
	}
	return nil
}
