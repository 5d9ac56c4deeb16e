package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVersion(t *testing.T) {
	code, text := command(t, "version")
	assert.Zero(t, code)
	assert.Regexp(t, `^signalmesh version \S+ \((commit [0-9a-f]{12}( with changes)?, )?`+runtime.Version()+`, `+runtime.GOOS+`/`+runtime.GOARCH+`\)\n$`, text)
	code, text = command(t, "version", "--json")
	assert.Zero(t, code)
	var v versionInfo
	require.NoError(t, json.Unmarshal([]byte(text), &v))
	assert.Equal(t, readVersion(), v)
	assert.Equal(t, runtime.Version(), v.Go)
	assert.Equal(t, "signalmesh version v1 (commit 0123456789ab with changes, go1, a/b)",
		versionInfo{Version: "v1", Commit: "0123456789abcdef", Modified: true, Go: "go1", Platform: "a/b"}.String())
	code, text = command(t, "version", "now")
	assert.Equal(t, 2, code, text)
}

func TestManPagesNameEveryFlagOfEveryCommand(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "share", "man1")
	code, text := command(t, "man", dir)
	require.Zero(t, code, text)
	pages := 0
	each(t, func(c *cobra.Command) {
		page, err := os.ReadFile(filepath.Join(dir, strings.ReplaceAll(c.CommandPath(), " ", "-")+".1"))
		require.NoError(t, err)
		pages++
		plain := strings.ReplaceAll(string(page), `\-`, "-")
		assert.Contains(t, plain, ".SH SYNOPSIS")
		assert.Contains(t, plain, ".SH EXAMPLE")
		c.Flags().VisitAll(func(f *pflag.Flag) { assert.Contains(t, plain, "--"+f.Name, c.CommandPath()) })
	})
	assert.GreaterOrEqual(t, pages, 15)
	again := filepath.Join(t.TempDir(), "again")
	t.Setenv("SOURCE_DATE_EPOCH", "1")
	_, _ = command(t, "man", again)
	page, err := os.ReadFile(filepath.Join(again, "signalmesh-node.1"))
	require.NoError(t, err)
	assert.Contains(t, string(page), `"Jan 1970"`)
	code, text = command(t, "man")
	assert.Equal(t, 2, code)
	assert.Contains(t, text, "man takes one argument, the directory for the pages")
	code, text = command(t, "man", filepath.Join(again, "signalmesh-node.1"))
	assert.Equal(t, 1, code)
	assert.Contains(t, text, "make the directory of the man pages")
}
