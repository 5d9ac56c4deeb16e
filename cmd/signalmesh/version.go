package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// A versionInfo is the output of "signalmesh version".
type versionInfo struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"` // empty if it was not built in a checkout
	Time     string `json:"time,omitempty"`   // of the commit, RFC 3339
	Modified bool   `json:"modified"`         // the checkout had other changes
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// readVersion returns the version of this program. A program that "go install" built has
// the version of its module.
func readVersion() versionInfo {
	v := versionInfo{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if m := info.Main.Version; v.Version == "dev" && m != "" && m != "(devel)" {
		v.Version = m
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.time":
			v.Time = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

// String returns the version on one line: "signalmesh version v1.2.0 (commit …, go…, linux/amd64)".
func (v versionInfo) String() string {
	commit := ""
	if v.Commit != "" {
		commit = "commit " + v.Commit[:min(12, len(v.Commit))]
		if v.Modified {
			commit += " with changes"
		}
		commit += ", "
	}
	return fmt.Sprintf("signalmesh version %s (%s%s, %s)", v.Version, commit, v.Go, v.Platform)
}

func newVersionCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Long: `Print the version of this program, the commit and the version of Go that it was
built with, and the platform. "signalmesh status" shows the version of a node
that runs.`,
		Example: `  signalmesh version
  signalmesh version --json | jq -r .version`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := readVersion()
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(v)
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), v)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
