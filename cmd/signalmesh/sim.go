package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/signalmesh/signalmesh/simulations/scenario"
)

func newSimCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "Simulate a mesh, to know what will happen if",
		Long: `Simulate a whole mesh on a simulated network, in virtual time: hundreds and
thousands of servers on this machine, in seconds. The same seed gives the same
result. docs/simulations.md tells what the figures mean and what they cannot
tell.`,
		Example: `  signalmesh sim list
  signalmesh sim run steady --nodes 100 --rate 50 --duration 10m --out report
  signalmesh sim run scenario.yaml
  signalmesh sim compare steady --vary degree=4,6,8
  signalmesh sim swarm --for 10m`,
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSimListCommand(), newSimRunCommand(), newSimCompareCommand(), newSimSwarmCommand(), newSimMeasureCommand())
	return cmd
}

// noCommand refuses words that are no command of a group.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return unknownCommand(cmd, args[0])
	}
	return nil
}

func newSimListCommand() *cobra.Command {
	show := ""
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the scenarios that come with the program",
		Long: `List the scenarios that come with the program, each with the question it
answers. With --show, write the file of one, to begin one's own with.`,
		Example: `  signalmesh sim list
  signalmesh sim list --show steady > mine.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if show != "" {
				text, err := scenario.Text(show)
				if err != nil {
					return usageError{err}
				}
				_, err = cmd.OutOrStdout().Write(text)
				return err
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, name := range scenario.Names() {
				s, err := scenario.Builtin(name)
				if err != nil {
					return err
				}
				fmt.Fprintf(w, "%s\t%s\n", name, s.Question)
			}
			return w.Flush()
		},
	}
	cmd.Flags().StringVar(&show, "show", "", "write the file of the scenario of that `name`")
	return cmd
}
