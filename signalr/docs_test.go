package signalr_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/signalmesh/signalmesh/signalr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEveryExampleInTheHubManualCompiles holds each line of Go in docs/hubs.md to
// the examples, which compile and run.
func TestEveryExampleInTheHubManualCompiles(t *testing.T) {
	sources, err := filepath.Glob("*example*_test.go")
	require.NoError(t, err)
	ofNode, err := filepath.Glob("../node/*example*_test.go")
	require.NoError(t, err)
	sources = append(sources, ofNode...)
	compiled := make(map[string]bool)
	for _, source := range sources {
		for line := range strings.Lines(read(t, source)) {
			compiled[strings.TrimSpace(line)] = true
		}
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(read(t, "../docs/hubs.md"), -1)
	assert.NotEmpty(t, blocks)
	for _, block := range blocks {
		for line := range strings.Lines(block[1]) {
			line = strings.TrimSpace(line)
			assert.True(t, line == "" || compiled[line], "no example has the line %q", line)
		}
	}
}

func TestEveryOptionIsInTheHubManual(t *testing.T) {
	manual := read(t, "../docs/hubs.md")
	for _, options := range []reflect.Type{reflect.TypeFor[signalr.Options](), reflect.TypeFor[signalr.HubOptions]()} {
		for _, field := range reflect.VisibleFields(options) {
			assert.True(t, strings.Contains(manual, "`"+field.Name+"`"), "the manual lacks %v.%s", options, field.Name)
		}
	}
}

// TestEveryContentsLinkHasItsSection holds the first line of links in docs/hubs.md
// to the headings.
func TestEveryContentsLinkHasItsSection(t *testing.T) {
	manual := read(t, "../docs/hubs.md")
	anchors := make(map[string]bool)
	for _, heading := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(manual, -1) {
		anchors[strings.ReplaceAll(strings.ToLower(heading[1]), " ", "-")] = true
	}
	links := regexp.MustCompile(`\]\(#(.*?)\)`).FindAllStringSubmatch(manual, -1)
	linked := make(map[string]bool)
	for _, link := range links {
		linked[link[1]] = true
	}
	assert.Equal(t, anchors, linked)
}

// TestEveryTestInTheCompatibilityTableExists holds the names of tests in
// docs/compatibility.md to the tests.
func TestEveryTestInTheCompatibilityTableExists(t *testing.T) {
	var sources strings.Builder
	for _, folder := range []string{".", "protocol", "redisbackplane", "../node", "../node/door", "../node/exchange", "../node/listener", "../cmd/signalmesh"} {
		files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
		require.NoError(t, err)
		for _, file := range files {
			sources.WriteString(read(t, file))
		}
	}
	table := read(t, "../docs/compatibility.md")
	for _, name := range regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*)`").FindAllStringSubmatch(table, -1) {
		assert.True(t, strings.Contains(sources.String(), "func "+name[1]+"("), "no test %s", name[1])
	}
	for _, name := range regexp.MustCompile("`([\\w/.]+\\.(?:mjs|go))`").FindAllStringSubmatch(table, -1) {
		assert.True(t, exists("../"+name[1]) || exists("../cmd/signalmesh/"+name[1]), "no file %s", name[1])
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
