package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"github.com/signalmesh/signalmesh/node"
)

func newForgetCommand() *cobra.Command {
	var admins []string
	cmd := &cobra.Command{
		Use:   "forget NAME",
		Short: "Remove a failed server from the list of missing servers",
		Long: `Remove a failed server from the list of missing servers.

A server that ends without a clean shutdown, such as a killed process, is listed
as missing. The health is degraded until a server of the same name starts, or
until the time of --forget-after has passed. Use this command for a server that
will not return. NAME is the name or the peer ID on the status page.

Each node keeps its own list: give --admin for each node. A server that
client.ncconf lists is still expected; remove it from that file too.`,
		Example: `  signalmesh forget web-2 --admin 127.0.0.1:9810
  signalmesh forget web-2 --admin web-1:9810 --admin web-3:9810`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("one argument is needed: the name or the peer ID of a server")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := fromEnvironment(cmd.Flags(), os.Environ(), &node.Options{}); err != nil {
				return err
			}
			if len(admins) == 0 {
				return usageError{errors.New("--admin is required: " + adminRemedy)}
			}
			var errs []error
			for _, admin := range admins {
				errs = append(errs, removeMissing(cmd.Context(), cmd.OutOrStdout(), admin, args[0]))
			}
			return errors.Join(errs...)
		},
	}
	cmd.Flags().StringArrayVar(&admins, "admin", nil, "`host:port` or URL of the admin listener of a node; may be repeated")
	return cmd
}

// removeMissing requests the removal of a server from the list of one node.
func removeMissing(ctx context.Context, stdout io.Writer, admin, server string) error {
	c, err := newAdminClient(admin)
	if err != nil {
		return usageError{err}
	}
	var answer struct {
		Error   string `json:"error"`
		Removed int    `json:"removed"`
	}
	if _, err := c.ask(ctx, http.MethodDelete, "/api/members/"+url.PathEscape(server), &answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return fmt.Errorf("node at %s: %s", admin, answer.Error)
	}
	if answer.Removed == 0 {
		return c.notAdmin("200 OK")
	}
	_, err = fmt.Fprintf(stdout, "%s is removed from the list of %s\n", server, admin)
	return err
}
