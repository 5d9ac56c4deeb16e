package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalmesh/signalmesh/node"
)

// healthFlags are the command line of "signalmesh healthcheck".
type healthFlags struct {
	admin   string
	live    bool
	timeout time.Duration
}

func newHealthcheckCommand() *cobra.Command {
	f := &healthFlags{}
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Check whether a node is ready, for probes without curl and a shell",
		Long: `Check whether a node is ready: ask /readyz on its admin listener. It is for
images that have no curl and no shell.

The exit status is 0 if the node is ready. It is 1 if it is not, with the
reasons on standard output, and if no node answers. With --live it is 0 as long
as the process answers, whatever the state of the mesh: use that where a failed
check restarts the container, because a node that drains is not ready.`,
		Example: `  signalmesh healthcheck                              the node at ` + defaultAdmin + `
  signalmesh healthcheck --admin 127.0.0.1:9811 --timeout 5s

  # Dockerfile
  HEALTHCHECK --interval=5s --timeout=3s --start-period=15s \
    CMD ["/signalmesh", "healthcheck", "--live"]

  # Kubernetes
  readinessProbe:
    exec: {command: ["/signalmesh", "healthcheck"]}
    periodSeconds: 5`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd.Flags(), os.Environ(), &node.Options{}); err != nil {
				return err
			}
			return f.run(cmd)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.admin, "admin", defaultAdmin, "`host:port` or URL of the node's admin listener")
	flags.BoolVar(&f.live, "live", false, "check only whether the process answers (/healthz)")
	flags.DurationVar(&f.timeout, "timeout", 2*time.Second, "`time` to wait for the answer")
	return cmd
}

func (f *healthFlags) run(cmd *cobra.Command) error {
	c, err := newAdminClient(f.admin)
	switch {
	case err != nil:
		return usageError{err}
	case f.timeout <= 0:
		return usageError{errors.New("--timeout must be positive, such as 2s")}
	}
	c.timeout = f.timeout
	var answer struct {
		Ready   *bool    `json:"ready"`
		Reasons []string `json:"reasons"`
		Health  string   `json:"health"`
		Text    string   `json:"text"`
	}
	path := "/readyz"
	if f.live {
		path = "/healthz"
	}
	status, err := c.ask(cmd.Context(), http.MethodGet, path, &answer)
	switch out := cmd.OutOrStdout(); {
	case err != nil:
		return err
	case f.live && answer.Health != "" && status == http.StatusOK:
		fmt.Fprintln(out, "alive; the mesh is "+answer.Text)
	case f.live || answer.Ready == nil:
		return c.notAdmin(fmt.Sprint(status))
	case *answer.Ready:
		fmt.Fprintln(out, "ready")
	default:
		fmt.Fprintln(out, "not ready: "+strings.Join(answer.Reasons, "; "))
		return statusError(statusFailure)
	}
	return nil
}
