package main

import (
	"os"
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

func TestTheSampleReadsTheSectionOfTheNode(t *testing.T) {
	extensions := read(t, "../../docs/aspnetcore/NCacheExtensions.cs")
	for _, key := range []string{"CacheName", "ApplicationID", "EventKey", "UserID", "Password", "Door"} {
		assert.Regexp(t, `public string\?? `+key+` { get; set; }`, extensions)
	}
	assert.Contains(t, extensions, `SectionName = "NCacheConfiguration"`)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
