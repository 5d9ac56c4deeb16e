package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh"
)

// The page docs/aspnetcore-troubleshooting.md is compared with the texts in the sources,
// in both directions.

const troubleshooting = "../../docs/aspnetcore-troubleshooting.md"

// foreign is the section with texts of other programs.
const foreign = "## Errors in ASP.NET Core"

// rows returns the texts of the tables as patterns. "…" in a text is anything.
func rows(t *testing.T) map[string]*regexp.Regexp {
	t.Helper()
	own, _, ok := strings.Cut(read(t, troubleshooting), foreign)
	require.True(t, ok)
	list := map[string]*regexp.Regexp{}
	for _, m := range regexp.MustCompile("(?m)^\\|(?: (?:WARN|ERROR) \\|)? `([^`]+)` \\|").FindAllStringSubmatch(own, -1) {
		var parts []string
		for part := range strings.SplitSeq(m[1], "…") {
			parts = append(parts, regexp.QuoteMeta(strings.TrimSpace(part)))
		}
		list[m[1]] = regexp.MustCompile(strings.Join(parts, ".*"))
	}
	require.Greater(t, len(list), 50)
	return list
}

func TestEachLineOfTheTroubleshootingPageIsInTheSources(t *testing.T) {
	texts := append(goTexts(t, "../../node", "../../mesh", "../../discovery"), csharpTexts(t)...)
	require.Contains(t, texts, "mesh ", "what package mesh logs in front of the health")
	texts = append(texts, "mesh "+string(mesh.Isolated), "mesh "+string(mesh.Degraded))
	for row, pattern := range rows(t) {
		found := false
		for _, text := range texts {
			found = found || pattern.MatchString(text)
		}
		assert.True(t, found, "no source has the text %q", row)
	}
}

func TestEachWarningOfThePackageAndTheRedisEndpointIsInTheTroubleshootingPage(t *testing.T) {
	texts := append(warnings(t, "../../node/door", "../../node/bridge", "../../node/tlsfiles", "../../node/redis.go"), csharpWarnings(t)...)
	require.Greater(t, len(texts), 25)
	list := rows(t)
	for _, text := range texts {
		found := false
		for _, pattern := range list {
			found = found || pattern.MatchString(text)
		}
		assert.True(t, found, "the page has no row for %q", text)
	}
}

// goFiles calls f for each Go file below the paths that is not a test.
func goFiles(t *testing.T, f func(path string, file *ast.File), paths ...string) {
	t.Helper()
	for _, root := range paths {
		require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err == nil {
				f(path, file)
			}
			return err
		}))
	}
}

// goTexts returns the string literals of Go files, those that are added up as one.
func goTexts(t *testing.T, paths ...string) []string {
	var list []string
	goFiles(t, func(_ string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok {
				if text := textOf(e); text != "" {
					list = append(list, text)
				}
			}
			return true
		})
	}, paths...)
	return list
}

// textOf returns the text of a string literal or of a sum with literals; "" for others.
func textOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); e.Kind == token.STRING && err == nil {
			return text
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return textOf(e.X) + textOf(e.Y)
		}
	}
	return ""
}

// warnings returns the messages that Go files log as warnings and errors: the longest text
// in the arguments of Warn, warn and Error. Those for the ends of connections at the Redis
// endpoint are in a table.
func warnings(t *testing.T, paths ...string) []string {
	var list []string
	goFiles(t, func(path string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if s, ok := call.Fun.(*ast.SelectorExpr); ok && (s.Sel.Name == "Warn" || s.Sel.Name == "warn" || s.Sel.Name == "Error") {
				message := ""
				for _, a := range call.Args {
					if text := textOf(a); len(text) > len(message) {
						message = text
					}
				}
				if len(message) > len("redis endpoint: ") { // the message is a variable in a few
					list = append(list, message)
				}
			}
			return true
		})
		if filepath.Base(path) == "ending.go" {
			for _, text := range goTexts(t, path) {
				if strings.HasPrefix(text, "connection ") || strings.HasPrefix(text, "the client ") {
					list = append(list, text)
				}
			}
		}
	}, paths...)
	return list
}

// csharp returns the sources of the package. Texts that are added up are one.
func csharp(t *testing.T) string {
	t.Helper()
	paths, err := filepath.Glob("../../node/aspnetcore/*.cs")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	var all strings.Builder
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		all.Write(data)
	}
	return regexp.MustCompile(`"\s*\+ \$?"`).ReplaceAllString(all.String(), "")
}

const csharpText = `"((?:[^"\\]|\\.)*)"`

func csharpTexts(t *testing.T) []string {
	var list []string
	for _, m := range regexp.MustCompile(csharpText).FindAllStringSubmatch(csharp(t), -1) {
		list = append(list, m[1])
	}
	return list
}

func csharpWarnings(t *testing.T) []string {
	var list []string
	for _, m := range regexp.MustCompile(`Log(?:Warning|Error|Critical)\((?:e, )?`+csharpText).FindAllStringSubmatch(csharp(t), -1) {
		list = append(list, m[1])
	}
	for _, m := range regexp.MustCompile(`"(SignalMesh: (?:[^"\\]|\\.)*)"`).FindAllStringSubmatch(csharp(t), -1) {
		list = append(list, m[1]) // exceptions
	}
	return list
}
