package ncconf

import (
	"fmt"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// A report gathers the problems of one pass over one file.
type report struct {
	diag.Collector
	file      string
	truncated bool // the file looks as if it were still being written
}

func newReport(file string, o Options) *report {
	return &report{Collector: diag.Collector{Strict: o.Strict}, file: file}
}

func (r *report) add(s diag.Severity, at diag.Origin, path, attribute, message string) {
	r.Add(diag.Problem{Severity: s, At: at, Path: path, Attribute: attribute, Message: message})
}

func (r *report) error(at diag.Origin, path, message string) {
	r.add(diag.Error, at, path, "", message)
}

// element reports something about a whole element.
func (r *report) element(s diag.Severity, e *element, format string, args ...any) {
	r.add(s, e.at, e.path, "", fmt.Sprintf(format, args...))
}

// attribute reports something about one attribute of an element.
func (r *report) attribute(s diag.Severity, e *element, a *attribute, format string, args ...any) {
	r.add(s, a.at, e.path, a.name, fmt.Sprintf(format, args...))
}
