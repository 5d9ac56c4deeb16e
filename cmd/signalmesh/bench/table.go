//go:build linux

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// A table is rows of text under a title.
type table struct {
	title string
	head  []string
	rows  [][]string
}

func (t table) text(w io.Writer) {
	fmt.Fprintf(w, "\n%s\n", t.title)
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{t.head}, t.rows...) {
		fmt.Fprintln(out, "  "+strings.Join(row, "\t"))
	}
	_ = out.Flush() // where it goes is nobody's business here
}

func (t table) markdown(w io.Writer) {
	rule := append([]string{"---"}, slices.Repeat([]string{"---:"}, len(t.head)-1)...)
	fmt.Fprintf(w, "**%s**\n\n", t.title)
	for _, row := range append([][]string{t.head, rule}, t.rows...) {
		fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
	}
	fmt.Fprintln(w)
}

// tables are the report as tables: one for each figure, also of whole servers, and
// those of bystanders and faults.
func (r *Report) tables() (all []table) {
	for i := 0; i < len(r.Rows); {
		n := i
		for n < len(r.Rows) && r.Rows[n].Figure == r.Rows[i].Figure {
			n++
		}
		all = append(all, figureTable(r.Rows[i:n]))
		i = n
	}
	for rows := range figuresOf(r.Whole) {
		all = append(all, wholeTable(rows))
	}
	if len(r.Bystanders) > 0 {
		all = append(all, bystandersTable(r.Bystanders))
	}
	if len(r.Faults) > 0 {
		all = append(all, faultsTable(r.Faults))
	}
	for rows := range slices.Chunk(r.Doors, len(doorSetups)) {
		all = append(all, doorsTable(rows))
	}
	return all
}

// figureTable has a row for each contestant of a figure.
func figureTable(rows []Row) table {
	t := table{title: rows[0].Figure, head: []string{"", "messages/s and server", "CPU µs/message", "bytes written/message", "cores used by others", "missing", "refused"}}
	if rows[0].latency {
		t.head = append([]string{"", "p50 µs", "p99 µs", "p99.9 µs"}, t.head[1:]...)
	}
	for _, row := range rows {
		cells := []string{row.Contestant}
		if row.latency {
			cells = append(cells, row.P50.String(), row.P99.String(), row.P999.String())
		}
		if row.PerServer.Max > 0 {
			cells = append(cells, row.PerServer.String(), row.CPU.String(), row.Wire.String(), fmt.Sprintf("%.2f", row.Others))
		} else { // it is not about many messages
			cells = append(cells, "", "", "", "")
		}
		t.rows = append(t.rows, append(cells, fmt.Sprint(row.Missing), fmt.Sprint(row.Refused)))
	}
	return t
}

func bystandersTable(all []Bystanders) table {
	t := table{
		title: fmt.Sprintf("A group with members on 2 of %d servers at %.0f/s: what it costs each of the %d others, a second", bystanderServers, all[0].Rate, bystanderServers-3),
		head:  []string{"", "arrived/s at each member", "CPU ms idle", "CPU ms under load", "bytes written idle", "bytes written under load"},
	}
	for _, b := range all {
		t.rows = append(t.rows, []string{
			b.Contestant, number(b.Members), fmt.Sprintf("%.1f", b.IdleCPU), fmt.Sprintf("%.1f", b.LoadCPU), number(b.IdleWire), number(b.LoadWire),
		})
	}
	return t
}

func faultsTable(all []Fault) table {
	t := table{
		title: "A restart or a cut under load (2 servers publish 1000/s each): messages between the servers that lived through it",
		head:  []string{"", "what", "accepted", "delivered", "refused, the caller was told", "lost, counted", "lost, number unknown to anybody", "gaps told"},
	}
	for _, f := range all {
		t.rows = append(t.rows, []string{
			f.Contestant, f.What, fmt.Sprint(f.Accepted), fmt.Sprint(f.Delivered), fmt.Sprint(f.Refused),
			fmt.Sprint(f.Reported), fmt.Sprint(f.Silent), fmt.Sprint(f.Gaps),
		})
	}
	return t
}

// String is the median, with the least and the most.
func (s Spread) String() string {
	return fmt.Sprintf("%s (%s–%s)", number(s.Median), number(s.Min), number(s.Max))
}

// number writes three digits, or all of an integer, in groups.
func number(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	digits := fmt.Sprintf("%.0f", v)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// print writes the tables for people to read in a terminal.
func (r *Report) print(w io.Writer) {
	fmt.Fprintln(w)
	for _, line := range r.about() {
		fmt.Fprintln(w, line)
	}
	for _, t := range r.tables() {
		t.text(w)
	}
}
