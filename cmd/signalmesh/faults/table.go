//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Between these lines of the manual is the table.
const (
	tableBegin = "<!-- table: written by make test-faults RECORD=1 -->"
	tableEnd   = "<!-- end of table -->"
)

var columns = []string{
	"Scenario", "Offered", "Delivered", "Reported lost", "Unaccounted", "Duplicates", "Out of order", "Refused", "Recovered in", "OK",
}

// cells are the columns of an outcome.
func (o Outcome) cells() []string {
	ok := "yes"
	if o.Err != nil {
		ok = "NO"
	}
	cells := []string{o.Scenario}
	for _, n := range []int{o.Offered(), o.Delivered, o.Reported, o.Unaccounted, o.Duplicates, o.Disordered, o.Refused} {
		cells = append(cells, strconv.Itoa(n))
	}
	return append(cells, fmt.Sprintf("%.1f s", o.Recovery.Seconds()), ok)
}

// printTable writes outcomes for people to read in a terminal, with the reasons of
// those that failed.
func printTable(w io.Writer, outcomes []Outcome) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join(columns, "\t"))
	for _, o := range outcomes {
		fmt.Fprintln(t, strings.Join(o.cells(), "\t"))
	}
	_ = t.Flush() // where it goes is nobody's business here
	for _, o := range outcomes {
		if o.Err != nil {
			fmt.Fprintf(w, "\n%s: FAILED%s\n%v\n", o.Scenario, o.aside(), o.Err)
		}
	}
}

// markdown is the same table for the manual.
func markdown(outcomes []Outcome) string {
	var b strings.Builder
	row := func(cells []string) {
		fmt.Fprintf(&b, "| %s |\n", strings.ReplaceAll(strings.Join(cells, "\x00"), "\x00", " | "))
	}
	escape := strings.NewReplacer("|", `\|`)
	row(columns)
	row(append([]string{"---"}, strings.Fields(strings.Repeat("---: ", len(columns)-1))...))
	for _, o := range outcomes {
		cells := o.cells()
		cells[0] = escape.Replace(cells[0])
		row(cells)
	}
	return b.String()
}

// record puts the table into the manual at path, in place of the one there.
func record(path string, outcomes []Outcome, method string) error {
	manual, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, begun := strings.Cut(string(manual), tableBegin)
	_, after, ended := strings.Cut(rest, tableEnd)
	if !begun || !ended {
		return fmt.Errorf("%s has no table: put the lines %q and %q where it belongs", path, tableBegin, tableEnd)
	}
	table := fmt.Sprintf("%s\n%s\n\n%s%s", tableBegin, method, markdown(outcomes), tableEnd)
	return os.WriteFile(path, []byte(before+table+after), 0o644)
}
