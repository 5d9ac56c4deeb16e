package node_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// allowed lists, for each room, the rooms its packages may import. Test files are
// not looked at.
var allowed = map[string][]string{
	"signalr": {}, "mesh": {}, "discovery": {},
	"node":        {"signalr", "mesh", "discovery"},
	"cmd":         {"node", "simulations"},
	"simulations": {"node", "signalr", "mesh", "discovery"},
	"docs":        {"node", "signalr"}, // programs that the documents show
}

const module = "github.com/signalmesh/signalmesh/"

func TestPackagesImportOnlyDownward(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"...").Output()
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	require.Greater(t, len(lines), 8)
	for _, line := range lines {
		fields := strings.Fields(line)
		if strings.Contains(fields[0], "/interop/") || strings.Contains(fields[0], "/e2e/") || strings.HasSuffix(fields[0], "/faults") || strings.HasSuffix(fields[0], "/bench") {
			continue // a test program in the shape of a user's own
		}
		from := room(fields[0])
		for _, imported := range fields[1:] {
			to := room(imported)
			if to != "" && to != from {
				assert.Contains(t, allowed[from], to, "%s imports %s", fields[0], imported)
			}
		}
	}
}

// room is the first folder of a package of ours, else empty.
func room(path string) string {
	rest, ours := strings.CutPrefix(path, module)
	if !ours {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}
