// Command signalmesh runs SignalR servers that are their own backplane. See
// "signalmesh --help".
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/signalmesh/signalmesh/simulations/stack"
)

// version is set when a release is built.
var version = "dev"

func main() {
	stack.Child() // this process may be a simulation's
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program: 0 is a clean end, 1 a failure, 2 a wrong command line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "signalmesh: %v\nRun '%s --help' for usage.\n", err, cmd.CommandPath())
		return 2
	}
	fmt.Fprintf(stderr, "signalmesh: %v\n", err)
	return 1
}

// A usageError is a wrong command line.
type usageError struct{ error }

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "signalmesh",
		Short: "SignalR servers that are their own backplane",
		Long: `signalmesh runs SignalR servers that reach each other directly, as libp2p peers:
no Redis, no cache and no broker to run beside them.`,
		Example: `  signalmesh demo                                   three servers and a chat page
  signalmesh node --http 127.0.0.1:5001 --cache demo --app chat --hub chat
  signalmesh drain --admin 127.0.0.1:9810 --wait    move a server's clients to the others
  signalmesh sim run steady --nodes 100             what would a hundred servers cost?
  signalmesh node --help`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no command %q", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newNodeCommand(), newDrainCommand(), newUserCommand(), newDemoCommand(), newSimCommand())
	return root
}

// noArgs refuses words that are no flags.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no argument; %q is one", cmd.Name(), args[0])}
	}
	return nil
}
