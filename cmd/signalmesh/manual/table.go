// Package manual writes tables of measurements for a terminal and into the documents.
package manual

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
)

// A Table is the result of one measurement. Begin and End are the lines around it in the
// document; the lines themselves stay.
type Table struct {
	Begin, End string
	Columns    []string
	Texts      int // how many of the first columns are texts; the others are numbers
	Rows       [][]string
}

// Print writes the table for a terminal.
func (t Table) Print(w io.Writer) {
	aligned := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(aligned, strings.Join(t.Columns, "\t"))
	for _, cells := range t.Rows {
		fmt.Fprintln(aligned, strings.Join(cells, "\t"))
	}
	_ = aligned.Flush() // the caller cannot correct a terminal that does not take text
}

// markdown returns the table for a document.
func (t Table) markdown() string {
	var b strings.Builder
	escape := strings.NewReplacer("|", `\|`)
	line := func(cells []string) {
		for _, c := range cells {
			fmt.Fprintf(&b, "| %s ", escape.Replace(c))
		}
		b.WriteString("|\n")
	}
	line(t.Columns)
	rule := make([]string, len(t.Columns))
	for i := range rule {
		rule[i] = "---:"
		if i < t.Texts {
			rule[i] = "---"
		}
	}
	line(rule)
	for _, cells := range t.Rows {
		line(cells)
	}
	return b.String()
}

// Record replaces the table in the document at path. method is a sentence above the table
// that describes the measurement.
func (t Table) Record(path, method string) error {
	document, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, begun := strings.Cut(string(document), t.Begin)
	_, after, ended := strings.Cut(rest, t.End)
	if !begun || !ended {
		return fmt.Errorf("%s has no such table: add the lines %q and %q where it belongs", path, t.Begin, t.End)
	}
	text := fmt.Sprintf("%s\n%s\n\n%s%s", t.Begin, method, t.markdown(), t.End)
	return os.WriteFile(path, []byte(before+text+after), 0o644)
}
