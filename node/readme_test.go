package node_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheReadmeShowsTheExample holds the README's program to Example: the same but
// for its name, its ports, and that it goes on running.
func TestTheReadmeShowsTheExample(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	example, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(readme), "```go\n")
	require.True(t, ok)
	program, _, ok := strings.Cut(rest, "```")
	require.True(t, ok)
	program = strings.NewReplacer("127.0.0.1:5001", "127.0.0.1:0", "127.0.0.1:9800", "127.0.0.1:0", "func main()", "func Example()").Replace(program)
	for line := range strings.Lines(program) {
		if line = strings.TrimSpace(line); line != "select {}" {
			assert.Contains(t, string(example), line)
		}
	}
	assert.Less(t, strings.Count(program, "\n"), 32, "about twenty lines")
}
