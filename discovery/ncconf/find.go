package ncconf

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// FileName is what the file is called wherever it is.
const FileName = "client.ncconf"

// InstallDir is where NCache keeps its files on Linux.
const InstallDir = "/opt/ncache/config"

// Places are where the file is looked for, in this order: the working directory,
// the folder of the executable, config/ below either, and the config folder of an
// NCache installation. Empty directories are left out; an empty installDir means
// InstallDir. (On Windows pass %NCHOME%\config.)
func Places(workDir, exeDir, installDir string) []string {
	if installDir == "" {
		installDir = InstallDir
	}
	var out []string
	for _, below := range []string{"", "config"} {
		for _, dir := range []string{workDir, exeDir} {
			if dir != "" {
				out = append(out, filepath.Join(dir, below, FileName))
			}
		}
	}
	out = append(out, filepath.Join(installDir, FileName))
	return unique(out)
}

func unique(paths []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, p := range paths {
		if !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return out
}

// A Look is one place that was looked at and what was found there.
type Look struct {
	Path   string
	Result string // "used", "not there", `no cache "chat"` or "unusable"
}

// String is the path with the result in brackets.
func (l Look) String() string { return fmt.Sprintf("%s (%s)", l.Path, l.Result) }

// Find reads the first file of places that holds the cache, as NCache does: a file
// without it is passed over. A file that cannot be used ends the search, because
// what stands in the next one would surprise. An explicit path is a single place.
//
// The looks tell every place that was looked at, also after an error.
func Find(places []string, id string, o Options) (*Cache, []Look, diag.Problems) {
	var looks []Look
	var lacking diag.Problems // why the files read so far were passed over
	look := func(path, result string) { looks = append(looks, Look{path, result}) }
	for _, path := range places {
		if _, err := os.Stat(path); os.IsNotExist(err) {
			look(path, "not there")
			continue
		}
		f, problems := Load(path, o)
		if f == nil {
			look(path, "unusable")
			return nil, looks, problems
		}
		c, more := f.Cache(id)
		problems = append(problems, more...)
		switch {
		case c != nil:
			look(path, "used")
			return c, looks, problems
		case f.has(id) || f.failed:
			look(path, "unusable")
			return nil, looks, problems
		}
		look(path, "no cache "+quote(id))
		lacking = append(lacking, problems...)
	}
	if len(lacking) > 0 {
		return nil, looks, lacking
	}
	return nil, looks, diag.Problems{missing(looks)}
}

// missing is the error that no place has a file.
func missing(looks []Look) diag.Problem {
	paths := make([]string, len(looks))
	for i, l := range looks {
		paths[i] = l.Path
	}
	p := diag.Problem{Severity: diag.Error, At: diag.Origin{Source: FileName}}
	if len(paths) == 1 {
		p.At.Source = paths[0]
		p.Message = "there is no such file"
	} else {
		p.Message = "not found; looked for " + strings.Join(paths, ", ")
	}
	return p
}
