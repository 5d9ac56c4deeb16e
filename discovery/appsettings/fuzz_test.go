package appsettings_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery/appsettings"
	"github.com/signalmesh/signalmesh/discovery/diag"
)

// FuzzParse checks that a file is told about within bounds, each problem inside
// the file, and that an accepted file says the same when its flat keys are written
// as one object, which is legal because keys may hold the separator.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	for _, path := range files {
		data, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte(`{"NCacheConfiguration": [{"a": null}], "x": {"Y:z": [1, true, "\u00e9"]}, "x": {"b": 2}} // c`))
	f.Add([]byte(`{"NCacheConfiguration": {"Password": "\x", "ConnectionOptions": {"ServerList": {"b": {"Port": 1e9}}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, problems := appsettings.Parse("f", data)
		lines := bytes.Count(data, []byte("\n")) + 1
		require.LessOrEqual(t, len(problems), 3*(diag.MaxProblems+1))
		for _, p := range problems {
			require.LessOrEqual(t, p.At.Line, lines, p)
			require.Less(t, len(p.Message), 2*appsettings.MaxKeySize)
			require.True(t, utf8.ValidString(p.Message), p.Message)
		}
		require.Equal(t, problems.Failed(), c == nil)
		if c == nil {
			return
		}
		_, _ = c.NCache()
		text, err := json.Marshal(flat(c))
		require.NoError(t, err)
		if len(text) > appsettings.MaxFileSize {
			return // escapes made it larger than a file may be
		}
		again, problems := appsettings.Parse("again", text)
		require.NoError(t, problems.Err())
		require.Equal(t, flat(c), flat(again))
	})
}

// flat are the values by key, nulls as nil.
func flat(c *appsettings.Config) map[string]any {
	out := map[string]any{}
	for _, e := range c.Entries() {
		out[e.Key] = e.Value
		if e.Null {
			out[e.Key] = nil
		}
	}
	return out
}
