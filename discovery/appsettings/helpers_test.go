package appsettings_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/discovery/appsettings"
	"github.com/signalmesh/signalmesh/discovery/diag"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// parse reads one file that has no errors.
func parse(t *testing.T, text string) *appsettings.Config {
	t.Helper()
	c, problems := appsettings.Parse("a.json", []byte(text))
	require.NoError(t, problems.Err())
	return c
}

// value is the value of a key, which must be there.
func value(t *testing.T, c *appsettings.Config, key string) string {
	t.Helper()
	e, ok := c.Lookup(key)
	require.True(t, ok, key)
	return e.Value
}

// told writes problems one a line, with their severity.
func told(ps diag.Problems) []string {
	out := []string{}
	for _, p := range ps {
		out = append(out, p.Severity.String()+" "+p.Error())
	}
	return out
}

// write makes files in a new folder and returns the folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}
