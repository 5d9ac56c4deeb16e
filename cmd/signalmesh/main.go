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

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/simulations/measure"
	"github.com/signalmesh/signalmesh/simulations/stack"
)

// version is set when a release is built.
var version = "dev"

func main() {
	stack.Child()   // this process may be a simulation's
	measure.Child() // or one of a measurement
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process immediately
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// The exit statuses of every command. "signalmesh status" has two more.
const (
	statusOK      = 0
	statusFailure = 1
	statusUsage   = 2 // a wrong command line, variable or settings file
)

// run is the program. It returns its exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	var usage usageError
	var status statusError
	var settings *node.SettingsError
	out := failureLines(cmd.Flags(), args, stderr)
	switch {
	case err == nil:
		return statusOK
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &usage):
		out.fail(err, fmt.Sprintf("Run '%s --help' for usage.", cmd.CommandPath()))
		return statusUsage
	case errors.As(err, &settings):
		out.fail(err, "")
		return statusUsage
	}
	out.fail(err, "")
	return statusFailure
}

// A statusError is an exit status of a command that has printed why.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

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
  signalmesh status                                 how is the node on this machine?
  signalmesh drain --admin 127.0.0.1:9810 --wait    move a server's clients to the others
  signalmesh sim run steady --nodes 100             what would a hundred servers cost?
  signalmesh node --help`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		newNodeCommand(), newStatusCommand(), newHealthcheckCommand(), newDrainCommand(), newForgetCommand(), newUserCommand(),
		newDemoCommand(), newSimCommand(), newVersionCommand(), newManCommand(),
	)
	prepareFlags(root)
	wrapUsage(root)
	return root
}

// noArgs refuses words that are no flags.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no argument; %q is one", cmd.Name(), args[0])}
	}
	return nil
}
