package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newManCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "man DIRECTORY",
		Short: "Write the man pages to a directory",
		Long: `Write the man pages to a directory, one for each command. The directory is made
if it does not exist. Pages are reproducible: their date is that of the commit,
or of SOURCE_DATE_EPOCH.`,
		Example: `  signalmesh man /usr/local/share/man/man1
  signalmesh man man && man ./man/signalmesh-node.1`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("man takes one argument, the directory for the pages")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("make the directory of the man pages: %w", err)
			}
			if err := writeManPages(cmd.Root(), args[0]); err != nil {
				return fmt.Errorf("write the man pages: %w", err)
			}
			return nil
		},
	}
	return cmd
}

// writeManPages writes a page for root and each of its commands.
func writeManPages(root *cobra.Command, dir string) error {
	header := &doc.GenManHeader{Section: "1", Source: "signalmesh " + readVersion().Version, Manual: "Signalmesh Manual"}
	if at, err := time.Parse(time.RFC3339, readVersion().Time); err == nil {
		header.Date = &at
	}
	root.DisableAutoGenTag = true
	root.InitDefaultCompletionCmd()
	return doc.GenManTree(root, header, dir)
}
