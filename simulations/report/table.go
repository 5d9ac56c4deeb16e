package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A table is figures in rows, for the page and for the terminal. The first
// column names the row; the figures stand at the right.
type table struct {
	Title, Text string
	Words       int // how many columns beside the first are words, and stand at the left
	Head        []string
	Rows        []row
}

type row []cell

// A cell is one figure as text. Class is "good", "bad", "soft" or empty.
type cell struct{ Text, Class string }

// plainRow returns a row of cells without a class.
func plainRow(texts ...string) row {
	r := make(row, len(texts))
	for i, t := range texts {
		r[i].Text = t
	}
	return r
}

// Short tells whether the table is too slim to be stretched.
func (t table) Short() bool { return len(t.Head) <= 2 }

// Left tells whether column i stands at the left.
func (t table) Left(i int) bool { return i <= t.Words }

// narrow keeps the first column and the last n.
func (t *table) narrow(n int) {
	keep := func(of int) int { return max(1, of-n) }
	t.Head = append(t.Head[:1:1], t.Head[keep(len(t.Head)):]...)
	for i, r := range t.Rows {
		t.Rows[i] = append(r[:1:1], r[keep(len(r)):]...)
	}
}

// write writes the table to a terminal, without its title, after indent.
func (t table) write(w io.Writer, indent string) {
	widths := make([]int, len(t.Head))
	lines := [][]string{t.Head}
	for _, r := range t.Rows {
		texts := make([]string, len(r))
		for i, c := range r {
			texts[i] = c.Text
		}
		lines = append(lines, texts)
	}
	for _, line := range lines {
		for i := range line {
			line[i] = printable(line[i])
			widths[i] = max(widths[i], utf8.RuneCountInString(line[i]))
		}
	}
	for _, line := range lines {
		var b strings.Builder
		for i, text := range line {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
			if i > 0 {
				b.WriteString("  ")
			}
			if t.Left(i) {
				b.WriteString(text + pad)
			} else {
				b.WriteString(pad + text)
			}
		}
		fmt.Fprintln(w, indent+strings.TrimRight(b.String(), " "))
	}
}

// printable is s without what could move a terminal's cursor or hide text.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}
