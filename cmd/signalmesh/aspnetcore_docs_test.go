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

// The pages for ASP.NET Core, and the README, are compared with the program, the
// package and the samples.

var (
	fenced  = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
	linked  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// A page is a file of the documentation.
type page struct{ path, text string }

// aspnetcorePages returns the pages for ASP.NET Core.
func aspnetcorePages(t *testing.T) []page {
	t.Helper()
	paths, err := filepath.Glob("../../docs/aspnetcore*.md")
	require.NoError(t, err)
	require.Greater(t, len(paths), 5)
	var list []page
	for _, path := range paths {
		list = append(list, page{path, read(t, path)})
	}
	return list
}

// blocks returns the code blocks of one language.
func (p page) blocks(language string) []string {
	var list []string
	for _, m := range fenced.FindAllStringSubmatch(p.text, -1) {
		if m[1] == language {
			list = append(list, m[2])
		}
	}
	return list
}

func TestEveryFlagInTheManualForASPNETCoreExists(t *testing.T) {
	flags := newNodeCommand().Flags()
	found := 0
	for _, p := range aspnetcorePages(t) {
		for _, block := range append(p.blocks("sh"), p.blocks("ini")...) {
			for command := range strings.Lines(strings.ReplaceAll(block, "\\\n", "")) {
				_, arguments, ok := strings.Cut(command, "signalmesh node ")
				if !ok {
					continue
				}
				for _, flag := range regexp.MustCompile(`--([a-z][a-z-]*)`).FindAllStringSubmatch(arguments, -1) {
					assert.NotNil(t, flags.Lookup(flag[1]), "%s: --%s", p.path, flag[1])
					found++
				}
			}
		}
	}
	assert.Greater(t, found, 20, "flags in blocks")
}

func TestThePagesForASPNETCoreAreShort(t *testing.T) {
	for _, p := range append(aspnetcorePages(t), page{"README.md", read(t, "../../README.md")}) {
		assert.LessOrEqual(t, strings.Count(p.text, "\n"), 250, p.path)
	}
}

func TestTheCSharpOfTheManualIsCompiled(t *testing.T) {
	compiled := map[string]bool{}
	for _, pattern := range []string{"../../docs/aspnetcore*/*.cs", "interop/package/extras/*.cs"} {
		paths, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, path := range paths {
			for line := range strings.Lines(read(t, path)) {
				compiled[strings.TrimSpace(line)] = true
			}
		}
	}
	pages := append(aspnetcorePages(t), page{"README.md of the package", read(t, "../../node/aspnetcore/README.md")})
	for _, p := range pages {
		for _, block := range p.blocks("csharp") {
			for line := range strings.Lines(block) {
				assert.True(t, compiled[strings.TrimSpace(line)], "%s: not in a file that is compiled: %s", p.path, line)
			}
		}
	}
}

func TestTheGoOfTheManualForASPNETCoreIsCompiled(t *testing.T) {
	example := read(t, "../../node/example_test.go")
	found := 0
	for _, p := range aspnetcorePages(t) {
		for _, block := range p.blocks("go") {
			for line := range strings.Lines(block) {
				assert.Contains(t, example, "\t"+line, p.path)
				found++
			}
		}
	}
	assert.Positive(t, found)
}

func TestEverySettingOfThePackageIsInTheManual(t *testing.T) {
	manual := read(t, "../../docs/aspnetcore.md")
	class := ""
	found := 0
	for _, m := range regexp.MustCompile(`class (\w+)|public [\w<>?\[\]]+ (\w+) \{ get;`).FindAllStringSubmatch(read(t, "../../node/aspnetcore/Configuration.cs"), -1) {
		switch {
		case m[1] != "":
			class = m[1]
		case class == "MeshOptions":
			assert.Regexp(t, "`Mesh:"+m[2]+"[:`]", manual)
			found++
		case class == "NCacheConfiguration" && m[2] != "Mesh":
			assert.Regexp(t, "`"+m[2]+"[:`]", manual)
			found++
		}
	}
	assert.Greater(t, found, 12)
}

func TestTheLinksOfTheManualForASPNETCoreLeadSomewhere(t *testing.T) {
	for _, p := range append(aspnetcorePages(t), page{"../../README.md", read(t, "../../README.md")}) {
		text := fenced.ReplaceAllString(p.text, "")
		for _, m := range linked.FindAllStringSubmatch(text, -1) {
			if strings.HasPrefix(m[1], "https://") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			target := p.path
			if path != "" {
				target = filepath.Join(filepath.Dir(p.path), path)
			}
			if _, err := os.Stat(target); !assert.NoError(t, err, p.path) || anchor == "" {
				continue
			}
			assert.Contains(t, anchors(read(t, target)), anchor, "%s: %s", p.path, m[1])
		}
	}
}

// anchors returns the anchors of the headings of a page, as forges make them.
func anchors(text string) []string {
	var list []string
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		kept := regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(strings.ToLower(m[1]), "")
		list = append(list, strings.ReplaceAll(kept, " ", "-"))
	}
	return list
}

func TestTheReadmeShowsTheProgramsOfTheExample(t *testing.T) {
	readme := page{"README.md", read(t, "../../README.md")}
	program := read(t, "../../docs/example/chat/main.go")
	_, program, ok := strings.Cut(program, "\n") // its doc comment
	require.True(t, ok)
	require.Len(t, readme.blocks("go"), 1)
	assert.Equal(t, program, readme.blocks("go")[0])
	require.Len(t, readme.blocks("js"), 1)
	assert.Equal(t, read(t, "../../docs/example/chat/client.mjs"), readme.blocks("js")[0])
}
