package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signalmesh/signalmesh/node"
)

// userFlags are what the commands of "signalmesh user" have in common.
type userFlags struct {
	cache        string
	passwordFile string
	applications []string
}

func newUserCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "Make and check the file of users that are let into the mesh",
		Long: `Make and check the file of users that are let into the mesh, for "signalmesh
node --users". It holds no passwords, only what is needed to verify them; keep
it from other eyes all the same, since guesses can be tested against it.

A user that stands twice in the file has two passwords, both valid. So a
password is changed without a pause: add the user with the new password, give
the nodes the new one, one after the other, and remove the old line.`,
		Example: `  signalmesh user add hub --cache demoClusteredCache >> users.txt
  signalmesh user add shop --cache demoClusteredCache --app shop --app billing >> users.txt
  signalmesh user list users.txt --cache demoClusteredCache
  signalmesh user check users.txt hub --cache demoClusteredCache`,
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newUserAddCommand(), newUserListCommand(), newUserCheckCommand())
	return cmd
}

// add adds --cache, and --password-file where a password is needed.
func (f *userFlags) add(cmd *cobra.Command, password bool) {
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.cache, "cache", variables(os.Environ())["SIGNALMESH_CACHE"], "`name` of the cache that admits the user; else SIGNALMESH_CACHE")
	if password {
		flags.StringVar(&f.passwordFile, "password-file", "", "`path` of a file that holds the password (default: ask for it)")
	}
}

// takes demands the arguments named, and a cache.
func (f *userFlags) takes(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return usageError{fmt.Errorf("user %s takes %s", cmd.Name(), strings.Join(names, " and "))}
		}
		if f.cache == "" {
			return usageError{errors.New("give the name of the cache: --cache, or SIGNALMESH_CACHE")}
		}
		return nil
	}
}

func newUserAddCommand() *cobra.Command {
	f := &userFlags{}
	cmd := &cobra.Command{
		Use:   "add name",
		Short: "Print the line of a user, for the file",
		Example: `  signalmesh user add hub --cache demoClusteredCache >> users.txt
  signalmesh user add shop --cache demoClusteredCache --app shop --password-file shop.password >> users.txt`,
		Long: `Print the line of a user, for the file. The password is asked for at the
terminal, else read from standard input, and never shown.`,
		Args: f.takes("a name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			password, err := f.password(cmd, true)
			if err != nil {
				return err
			}
			line, err := node.UserLine(f.cache, args[0], password, f.applications)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), line)
			return err
		},
	}
	f.add(cmd, true)
	cmd.Flags().StringArrayVar(&f.applications, "app", nil, "`name` of an application the user is let into; may be repeated (default: all)")
	return cmd
}

func newUserListCommand() *cobra.Command {
	f := &userFlags{}
	cmd := &cobra.Command{
		Use:   "list file",
		Short: "Check a file and list its users",
		Long: `Check a file and list its users, each with the applications that it may run.
The exit status is 1 if a line is wrong.`,
		Example: `  signalmesh user list users.txt --cache demoClusteredCache`,
		Args:    f.takes("a file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			users, err := node.ReadUsers(args[0], f.cache)
			if err != nil {
				return err
			}
			for _, u := range users {
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", u.Name, into(u.Applications))
			}
			return nil
		},
	}
	f.add(cmd, false)
	return cmd
}

func newUserCheckCommand() *cobra.Command {
	f := &userFlags{}
	cmd := &cobra.Command{
		Use:   "check file name",
		Short: "Check whether a user with this password is admitted",
		Long: `Check whether a user with this password is admitted. The exit status is 1 if
not. The password is read from the terminal, from standard input or from
--password-file.`,
		Example: `  signalmesh user check users.txt shop --cache demoClusteredCache`,
		Args:    f.takes("a file", "a name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			users, err := node.ReadUsers(args[0], f.cache)
			if err != nil {
				return err
			}
			password, err := f.password(cmd, false)
			if err != nil {
				return err
			}
			for _, u := range users {
				if u.Name != args[1] {
					continue
				}
				want, err := u.Line()
				if err != nil {
					return err
				}
				have, err := node.UserLine(f.cache, args[1], password, u.Applications)
				if err != nil {
					return err
				}
				if have == want {
					_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is let into %s\n", u.Name, into(u.Applications))
					return err
				}
			}
			return fmt.Errorf("user %q with this password is not in %s", args[1], args[0])
		},
	}
	f.add(cmd, true)
	return cmd
}

func into(applications []string) string {
	if applications == nil {
		return "all applications"
	}
	return strings.Join(applications, ", ")
}
