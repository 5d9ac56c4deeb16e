package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// wrapUsage makes the help of root and its commands wrap the flags at the width of the
// terminal.
func wrapUsage(root *cobra.Command) {
	cobra.AddTemplateFunc("wrapped", func(flags *pflag.FlagSet) string { return flags.FlagUsagesWrapped(helpWidth()) })
	root.SetUsageTemplate(strings.NewReplacer(
		".LocalFlags.FlagUsages", "wrapped .LocalFlags",
		".InheritedFlags.FlagUsages", "wrapped .InheritedFlags",
	).Replace(root.UsageTemplate()))
}

// helpWidth returns the number of columns of the help: COLUMNS, else those of the
// terminal, else 80. It is at least 60 and at most 120, beyond which lines are hard to
// read.
func helpWidth() int {
	width, err := strconv.Atoi(os.Getenv("COLUMNS"))
	if err != nil || width <= 0 {
		if width, _, err = term.GetSize(int(os.Stdout.Fd())); err != nil || width <= 0 {
			width = 80
		}
	}
	return min(max(width, 60), 120)
}
