package main

import (
	"os"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryFlagIsInTheOperationsManual(t *testing.T) {
	manual, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	cmd := newNodeCommand()
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		assert.Contains(t, string(manual), "`--"+f.Name, "flag")
		assert.Contains(t, string(manual), "`SIGNALMESH_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))+"`", "its twin")
	})
}
