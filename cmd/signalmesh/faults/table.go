//go:build linux

package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/signalmesh/signalmesh/cmd/signalmesh/manual"
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

func table(outcomes []Outcome) manual.Table {
	t := manual.Table{Begin: tableBegin, End: tableEnd, Columns: columns, Texts: 1}
	for _, o := range outcomes {
		t.Rows = append(t.Rows, o.cells())
	}
	return t
}

// printTable writes outcomes for a terminal, with the reasons of those that failed.
func printTable(w io.Writer, outcomes []Outcome) {
	table(outcomes).Print(w)
	for _, o := range outcomes {
		if o.Err != nil {
			fmt.Fprintf(w, "\n%s: FAILED%s\n%v\n", o.Scenario, o.aside(), o.Err)
		}
	}
}

// record replaces the table in the manual at path.
func record(path string, outcomes []Outcome, method string) error {
	return table(outcomes).Record(path, method)
}
