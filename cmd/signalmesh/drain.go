package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalmesh/signalmesh/node"
)

const (
	// drainPatience is the time limit for one request.
	drainPatience = 10 * time.Second
	// drainLook is the interval at which "signalmesh drain --wait" requests the progress.
	drainLook = 250 * time.Millisecond
	// drainTell is how often it prints the progress if nothing changes.
	drainTell = 2 * time.Second
	// maxControl is how many bytes of an answer are read.
	maxControl = 64 << 10
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
		Long: `Move the clients of a node to other nodes, without stopping it: before maintenance,
for example. The node reports that it is not ready, still serves for its --drain-delay
so that load balancers notice, and then sends its clients to other servers. It stays a
member of the mesh. --undo puts it into service again.

A node that is stopped (SIGTERM, Ctrl-C) drains itself. SIGUSR1 drains a node too, and
a second SIGUSR1 undoes it.`,
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
	flags.StringVar(&f.admin, "admin", "", "`host:port` or URL of the node's admin listener")
	flags.BoolVar(&f.undo, "undo", false, "put the node into service again")
	flags.BoolVar(&f.wait, "wait", false, "wait until no client is connected, and print the progress")
	return cmd
}

func (f *drainFlags) run(ctx context.Context, stdout io.Writer) error {
	base, err := adminURL(f.admin)
	if err != nil {
		return usageError{err}
	}
	if f.undo && f.wait {
		return usageError{errors.New("--undo and --wait exclude each other: there is nothing to wait for")}
	}
	c := drainClient{url: base + "/api/drain"}
	if f.undo {
		state, err := c.ask(ctx, http.MethodDelete)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "serving: %s connected\n", count(state.Clients, "client"))
		return nil
	}
	state, err := c.ask(ctx, http.MethodPost)
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
	return c.await(ctx, state, stdout)
}

// adminURL returns the URL of an admin listener, without a slash at its end.
func adminURL(text string) (string, error) {
	const remedy = "give the value of the node's --admin flag, such as 127.0.0.1:9810"
	if text == "" {
		return "", errors.New("--admin is required: " + remedy)
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("--admin %q is not an address: %s", text, remedy)
	}
	switch host, port := u.Hostname(), u.Port(); {
	case port == "0":
		return "", fmt.Errorf("--admin %s: port 0 is not a port to connect to; the node prints the port that it chose: %s", text, remedy)
	case (host == "" || host == "0.0.0.0" || host == "::") && port != "": // the node listens everywhere
		u.Host = net.JoinHostPort("127.0.0.1", port)
	case host == "":
		return "", fmt.Errorf("--admin %q is not an address: %s", text, remedy)
	}
	return strings.TrimSuffix(u.Scheme+"://"+u.Host+u.Path, "/"), nil
}

// A drainClient asks a node about its drain.
type drainClient struct{ url string }

func (c drainClient) ask(ctx context.Context, method string) (state node.Control, err error) {
	ctx, cancel := context.WithTimeout(ctx, drainPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.url, nil)
	if err != nil {
		return state, err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return state, fmt.Errorf("ask the node: %w; check that the node runs, and that --admin is its admin listener", err)
	}
	defer response.Body.Close()
	err = json.NewDecoder(io.LimitReader(response.Body, maxControl)).Decode(&state)
	switch {
	case err == nil && state.Error != "":
		return state, fmt.Errorf("the node refused: %s", state.Error)
	case err != nil || response.StatusCode >= 300:
		return state, fmt.Errorf("%s answered %s, which is not the answer of an admin listener; check --admin", c.url, response.Status)
	}
	return state, nil
}

// await prints the progress of the drain until no client is connected.
func (c drainClient) await(ctx context.Context, state node.Control, stdout io.Writer) error {
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
		if state, err = c.ask(ctx, http.MethodGet); err != nil {
			return err
		}
	}
}
