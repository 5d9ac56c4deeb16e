//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// The table in the manual is between these lines.
const (
	tableBegin = "<!-- deployments: written by make test-deploy RECORD=1 -->"
	tableEnd   = "<!-- end of deployments -->"
)

var columns = []string{
	"Balancer", "Action", "Clients", "Reconnected", "Away, median", "Away, longest", "Missed, worst client", "Missed, all", "Duplicates", "OK",
}

// cells are the columns of a row.
func (r row) cells() []string {
	ok := "yes"
	if !r.ok() {
		ok = "NO"
	}
	return []string{
		r.Balancer, r.Action, strconv.Itoa(r.Clients), strconv.Itoa(r.Moved), milliseconds(r.Median), milliseconds(r.Longest),
		strconv.Itoa(r.Worst), strconv.Itoa(r.Missed), strconv.Itoa(r.Duplicates), ok,
	}
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }

// printTable writes rows for a terminal, and the errors of those that failed.
func printTable(w io.Writer, rows []row) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join(columns, "\t"))
	for _, r := range rows {
		fmt.Fprintln(t, strings.Join(r.cells(), "\t"))
	}
	_ = t.Flush() // there is no remedy for a terminal that is gone
	for _, r := range rows {
		if !r.ok() {
			fmt.Fprintf(w, "\n%s, %s: FAILED\n%v\n", r.Balancer, r.Action, errors.Join(r.Err, r.Short))
		}
	}
}

// markdown returns the table for the manual.
func markdown(rows []row) string {
	var b strings.Builder
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	line(columns)
	line(append([]string{"---", "---"}, strings.Fields(strings.Repeat("---: ", len(columns)-2))...))
	for _, r := range rows {
		line(r.cells())
	}
	return b.String()
}

// record replaces the table in the manual at path.
func record(path string, rows []row, method string) error {
	manual, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, begun := strings.Cut(string(manual), tableBegin)
	_, after, ended := strings.Cut(rest, tableEnd)
	if !begun || !ended {
		return fmt.Errorf("%s has no table of deployments: it needs the lines %q and %q", path, tableBegin, tableEnd)
	}
	table := fmt.Sprintf("%s\n%s\n\n%s%s", tableBegin, method, markdown(rows), tableEnd)
	return os.WriteFile(path, []byte(before+table+after), 0o644)
}
