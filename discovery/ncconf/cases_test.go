package ncconf_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery/ncconf"
)

var update = flag.Bool("update", false, "rewrite testdata/cases.txt with what is told today")

// A script is one case of testdata/cases.txt.
type script struct{ name, id, options, file, told string }

// TestCasesAreToldExactly holds every malformed or odd file to its message.
func TestCasesAreToldExactly(t *testing.T) {
	const path = "testdata/cases.txt"
	head, scripts := readScripts(t, path)
	for i, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			o := ncconf.Options{
				Strict:           strings.Contains(s.options, "strict"),
				Lenient:          strings.Contains(s.options, "lenient"),
				ServersElsewhere: strings.Contains(s.options, "elsewhere"),
				Environment:      !strings.Contains(s.options, "no environment"),
			}
			c, problems := read(s.file, s.id, o)
			got := strings.Join(told(problems), "\n")
			assert.Equal(t, problems.Failed(), c == nil, "a cache comes without errors only")
			assert.NotContains(t, got, "hunter", "a password is told")
			assert.NotContains(t, got, "svc-hub", "a user id is told")
			if *update {
				scripts[i].told = got
				return
			}
			assert.Equal(t, s.told, got)
		})
	}
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(head+writeScripts(scripts)), 0o644))
	}
}

func readScripts(t *testing.T, path string) (head string, out []script) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	parts := strings.Split(string(data), "=== ")
	for _, p := range parts[1:] {
		top, rest, ok := strings.Cut(p, "\n--- file\n")
		require.True(t, ok, p)
		file, told, ok := strings.Cut(rest, "\n--- told\n")
		require.True(t, ok, p)
		lines := strings.Split(top, "\n")
		require.Len(t, lines, 3, top)
		out = append(out, script{
			name:    lines[0],
			id:      strings.TrimSpace(strings.TrimPrefix(lines[1], "id:")),
			options: strings.TrimSpace(strings.TrimPrefix(lines[2], "options:")),
			file:    file,
			told:    strings.TrimSpace(told),
		})
	}
	return parts[0], out
}

func writeScripts(scripts []script) string {
	var b strings.Builder
	for i, s := range scripts {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "=== %s\nid: %s\noptions: %s\n--- file\n%s\n--- told\n%s\n", s.name, s.id, s.options, s.file, s.told)
	}
	return b.String()
}
