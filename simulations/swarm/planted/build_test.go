package main

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEveryFaultCanBePlanted applies each patch to the present code and compiles it.
func TestEveryFaultCanBePlanted(t *testing.T) {
	t.Chdir("../../..")
	patches, err := filepath.Glob("simulations/swarm/planted/testdata/*.patch")
	require.NoError(t, err)
	require.Len(t, patches, 10)
	for _, patch := range patches {
		name, err := overlay(t.Context(), t.TempDir(), patch)
		require.NoError(t, err, patch)
		out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", name, "./"+core).CombinedOutput()
		assert.NoError(t, err, "%s: %s", patch, out)
	}
}
