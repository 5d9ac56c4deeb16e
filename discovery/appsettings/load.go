package appsettings

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// environmentSource is how Config.Sources names the environment variables.
const environmentSource = "environment variables"

// FileName is the base file's usual name.
const FileName = "appsettings.json"

// Options say what to read.
type Options struct {
	// Path is the base file, which must then exist. Empty means FileName in the
	// working directory, if it exists, or no file with NoFiles. The environment's file in
	// the same directory need not exist.
	Path string
	// NoFiles reads no file if Path is empty.
	NoFiles bool
	// Environment names the environment. Empty means what Environ says, see
	// EnvironmentName.
	Environment string
	// Environ are the environment variables in the shape of os.Environ. Nil: none.
	Environ []string
	// Overrides are the last layer, as the command line is in ASP.NET Core: full
	// key, value and origin.
	Overrides []Entry
}

// Load reads every layer. The Config is nil if a problem is an error.
func Load(o Options) (*Config, diag.Problems) {
	environment, problems := EnvironmentName(o.Environment, o.Environ)
	if problems.Failed() {
		return nil, problems
	}
	l := loader{entries: map[string]Entry{}, problems: problems}
	base := o.Path
	if base == "" && !o.NoFiles {
		base = FileName
	}
	if base != "" {
		l.file(base, o.Path != "")
		ext := filepath.Ext(base)
		l.file(strings.TrimSuffix(base, ext)+"."+environment+ext, false)
	}
	if o.Environ != nil {
		l.problems = append(l.problems, fromEnviron(o.Environ, l.entries)...)
		l.sources = append(l.sources, environmentSource)
	}
	for _, e := range o.Overrides {
		l.entries[fold(e.Key)] = e
	}
	if l.problems.Failed() {
		return nil, l.problems
	}
	return newConfig(l.entries, l.sources), l.problems
}

// Parse makes a Config of one file's content. name is what problems call it.
func Parse(name string, data []byte) (*Config, diag.Problems) {
	entries, problems := parseJSON(name, data)
	if problems.Failed() {
		return nil, problems
	}
	return newConfig(entries, []string{name}), problems
}

// A loader gathers layers.
type loader struct {
	entries  map[string]Entry
	sources  []string
	problems diag.Problems
}

// file lays a file over what is there.
func (l *loader) file(path string, required bool) {
	data, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) && !required {
		l.sources = append(l.sources, path+" (not there)")
		return
	}
	l.sources = append(l.sources, path)
	if err != nil {
		l.problems = append(l.problems, diag.Problem{Severity: diag.Error, At: diag.Origin{Source: path}, Message: reason(err)})
		return
	}
	entries, problems := parseJSON(path, data)
	l.problems = append(l.problems, problems...)
	maps.Copy(l.entries, entries)
}

// readFile reads at most one byte more than a file may have.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxFileSize+1))
}

// reason is the operating system's reason without the path.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Sprintf("cannot be read: %v", err)
}
