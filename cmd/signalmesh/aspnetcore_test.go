package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheManualForASPNETCoreShowsTheSample(t *testing.T) {
	manual := read(t, "../../docs/aspnetcore.md")
	program := read(t, "../../docs/aspnetcore/Program.cs")
	_, rest, ok := strings.Cut(manual, "```csharp\n")
	require.True(t, ok)
	call, _, ok := strings.Cut(rest, "```")
	require.True(t, ok)
	for line := range strings.Lines(call) {
		assert.Contains(t, program, strings.TrimSpace(line))
	}
	assert.JSONEq(t, read(t, "../../docs/example/appsettings.json"), read(t, "../../docs/aspnetcore/appsettings.json"))
	for _, link := range regexp.MustCompile(`\]\((aspnetcore/[^)]*)\)`).FindAllStringSubmatch(manual, -1) {
		_, err := os.Stat("../../docs/" + link[1])
		assert.NoError(t, err)
	}
}

// The block with the ConnectionFactory is that of the sample, which is built and run.
func TestTheManualShowsTheSampleForRedis(t *testing.T) {
	program := read(t, "../../docs/aspnetcore-redis/Program.cs")
	pages, err := filepath.Glob("../../docs/aspnetcore*.md")
	require.NoError(t, err)
	shown := 0
	for _, page := range pages {
		for _, block := range regexp.MustCompile("(?ms)^```csharp\n(.*?)^```$").FindAllStringSubmatch(read(t, page), -1) {
			_, factory, ok := strings.Cut(block[1], "options.ConnectionFactory")
			if !ok {
				continue
			}
			shown++
			for line := range strings.Lines("options.ConnectionFactory" + factory) {
				assert.Contains(t, program, strings.TrimSpace(line))
			}
		}
	}
	assert.Equal(t, 1, shown)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
