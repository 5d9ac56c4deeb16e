//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/signalmesh/signalmesh/cmd/signalmesh/manual"
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

func table(rows []row) manual.Table {
	t := manual.Table{Begin: tableBegin, End: tableEnd, Columns: columns, Texts: 2}
	for _, r := range rows {
		t.Rows = append(t.Rows, r.cells())
	}
	return t
}

// printTable writes rows for a terminal, and the errors of those that failed.
func printTable(w io.Writer, rows []row) {
	table(rows).Print(w)
	for _, r := range rows {
		if !r.ok() {
			fmt.Fprintf(w, "\n%s, %s: FAILED\n%v\n", r.Balancer, r.Action, errors.Join(r.Err, r.Short))
		}
	}
}

// record replaces the table in the manual at path.
func record(path string, rows []row, method string) error { return table(rows).Record(path, method) }
