package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalmesh/signalmesh/node"
)

const (
	// drainLook is the interval at which "signalmesh drain --wait" requests the progress.
	drainLook = 250 * time.Millisecond
	// drainTell is how often it prints the progress if nothing changes.
	drainTell = 2 * time.Second
)

// drainFlags are the command line of "signalmesh drain".
type drainFlags struct {
	admin string
	undo  bool
	wait  bool
}

func newDrainCommand() *cobra.Command {
	f := &drainFlags{}
	cmd := &cobra.Command{
		Use:   "drain",
		Short: "Move the clients of a node to other nodes, without stopping it",
		Long: `Move the clients of a node to other nodes, without stopping it: before
maintenance, for example. The node reports that it is not ready, still serves
for its --drain-delay so that load balancers notice, and then sends its clients
to other servers. It stays a member of the mesh. --undo puts it into service
again.

A node that is stopped (SIGTERM, Ctrl-C) drains itself. SIGUSR1 drains a node
too, and a second SIGUSR1 undoes it.`,
		Example: `  signalmesh drain --admin 127.0.0.1:9810 --wait       until no client is connected
  signalmesh drain --admin 127.0.0.1:9810 --undo
  curl -X POST http://127.0.0.1:9810/api/drain         the same without this program
  curl -X DELETE http://127.0.0.1:9810/api/drain`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd.Flags(), os.Environ(), &node.Options{}); err != nil {
				return err
			}
			return f.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.admin, "admin", "", "`host:port` or URL of the node's admin listener; has no default, so that no other node is drained by mistake")
	flags.BoolVar(&f.undo, "undo", false, "put the node into service again")
	flags.BoolVar(&f.wait, "wait", false, "wait until no client is connected, and print the progress")
	return cmd
}

func (f *drainFlags) run(ctx context.Context, stdout io.Writer) error {
	c, err := newAdminClient(f.admin)
	if err != nil {
		return usageError{err}
	}
	if f.undo && f.wait {
		return usageError{errors.New("--undo and --wait exclude each other: there is nothing to wait for")}
	}
	if f.undo {
		state, err := c.drain(ctx, http.MethodDelete)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "serving: %s connected\n", count(state.Clients, "client"))
		return nil
	}
	state, err := c.drain(ctx, http.MethodPost)
	if err != nil {
		return err
	}
	if !f.wait {
		text := progress(state.Phase, state.Clients, state.Drain)
		if text == "" {
			text = "draining: no client is connected"
		}
		fmt.Fprintln(stdout, text)
		return nil
	}
	return c.awaitDrain(ctx, state, stdout)
}

// drain asks a node about its drain, or with another method to change it.
func (c adminClient) drain(ctx context.Context, method string) (state node.Control, err error) {
	_, err = c.ask(ctx, method, "/api/drain", &state)
	if err == nil && state.Error != "" {
		return state, fmt.Errorf("the node refused: %s", state.Error)
	}
	return state, err
}

// await prints the progress of the drain until no client is connected.
func (c adminClient) awaitDrain(ctx context.Context, state node.Control, stdout io.Writer) error {
	look := time.NewTicker(drainLook)
	defer look.Stop()
	told := node.Control{Clients: -1}
	var at time.Time
	for {
		changed := state.Phase != told.Phase || state.Clients != told.Clients && time.Since(at) > drainTell/2
		if changed || time.Since(at) > drainTell {
			if text := progress(state.Phase, state.Clients, state.Drain); text != "" {
				fmt.Fprintln(stdout, text)
			}
			told, at = state, time.Now()
		}
		switch state.Phase {
		case node.Drained:
			return nil
		case node.Serving:
			return errors.New("the drain was undone: the node serves again")
		case node.Closing:
			return errors.New("the node is being stopped, which moves its clients")
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return errors.New("interrupted: the node continues to drain; undo that with signalmesh drain --undo")
		}
		var err error
		if state, err = c.drain(ctx, http.MethodGet); err != nil {
			return err
		}
	}
}
