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
	"time"

	"github.com/spf13/cobra"
)

// adminTimeout is how long one request to an admin listener may take.
const adminTimeout = 10 * time.Second

func newForgetCommand() *cobra.Command {
	var admins []string
	cmd := &cobra.Command{
		Use:   "forget NAME",
		Short: "Remove a failed server from the list of missing servers",
		Long: `Remove a failed server from the list of missing servers.

A server that ends without a clean shutdown, such as a killed process, is listed
as missing. The health is degraded until a server of the same name starts, or until
the time of --forget-after has passed. Use this command for a server that will not
return. NAME is the name or the peer ID on the status page.

Each node keeps its own list: give --admin for each node. A server that client.ncconf
lists is still expected; remove it from that file too.`,
		Example: `  signalmesh forget web-2 --admin 127.0.0.1:9810
  signalmesh forget web-2 --admin web-1:9810 --admin web-3:9810`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("one argument is needed: the name or the peer ID of a server")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(admins) == 0 {
				if admin := os.Getenv("SIGNALMESH_ADMIN"); admin != "" {
					admins = []string{admin}
				}
			}
			if len(admins) == 0 {
				return usageError{errors.New("--admin host:port is needed: the admin listener of a node, which the node prints when it is ready")}
			}
			var errs []error
			for _, admin := range admins {
				errs = append(errs, removeMissing(cmd.Context(), cmd.OutOrStdout(), admin, args[0]))
			}
			return errors.Join(errs...)
		},
	}
	cmd.Flags().StringArrayVar(&admins, "admin", nil, "`host:port` of the admin listener of a node; else SIGNALMESH_ADMIN; may be repeated")
	return cmd
}

// removeMissing requests the removal of a server from the list of one node.
func removeMissing(ctx context.Context, stdout io.Writer, admin, server string) error {
	if _, _, err := net.SplitHostPort(admin); err != nil {
		return usageError{fmt.Errorf("--admin %q: write it as host:port, such as 127.0.0.1:9810", admin)}
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodDelete, "http://"+admin+"/api/members/"+url.PathEscape(server), nil)
	if err != nil {
		return usageError{fmt.Errorf("--admin %q: %w", admin, err)}
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("ask the node at --admin %s: %w; is it running, and is this its admin listener?", admin, errors.Unwrap(err))
	}
	defer response.Body.Close()
	var answer struct {
		Error string `json:"error"`
	}
	err = json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&answer)
	switch {
	case err == nil && answer.Error != "":
		return fmt.Errorf("node at %s: %s", admin, answer.Error)
	case err != nil || response.StatusCode != http.StatusOK:
		return fmt.Errorf("node at %s: answer %s is not that of a signalmesh node; is this its admin listener?", admin, response.Status)
	}
	_, err = fmt.Fprintf(stdout, "%s is removed from the list of %s\n", server, admin)
	return err
}
