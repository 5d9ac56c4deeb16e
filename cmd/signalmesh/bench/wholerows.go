//go:build linux

package main

import (
	"fmt"
	"iter"
)

// A WholeRow is one figure of whole servers on one contestant over all rounds.
type WholeRow struct {
	Figure, Contestant string
	Rounds             int
	Others             float64 // cores used by other programs meanwhile, on average
	Aspects            []Aspect
}

// An Aspect is one of the figure's numbers.
type Aspect struct {
	Name string
	Spread
	Total float64 // of all rounds
	Count bool    // the total is what matters
	Plot  bool
}

// wholeRows has the rows of each figure together, of contestants in order.
func wholeRows(outcomes map[string][][]Outcome) (rows []WholeRow) {
	for figure := 0; ; figure++ {
		none := true
		for _, c := range wholeContestants {
			rounds := outcomes[c]
			if len(rounds) == 0 || figure >= len(rounds[0]) {
				continue
			}
			none = false
			row := WholeRow{Figure: rounds[0][figure].Figure, Contestant: c, Rounds: len(rounds)}
			for _, round := range rounds {
				row.Others += round[figure].Others / float64(len(rounds))
			}
			for i := range rounds[0][figure].Values {
				row.Aspects = append(row.Aspects, aspectOf(rounds, figure, i))
			}
			rows = append(rows, row)
		}
		if none {
			return rows
		}
	}
}

// aspectOf gathers a value of a figure from all rounds.
func aspectOf(rounds [][]Outcome, figure, i int) Aspect {
	v := rounds[0][figure].Values[i]
	a := Aspect{Name: v.Name, Count: v.Count, Plot: v.Plot}
	var values []float64
	for _, round := range rounds {
		values = append(values, round[figure].Values[i].V)
		a.Total += round[figure].Values[i].V
	}
	a.Spread = spreadOf(values)
	return a
}

// figuresOf goes through the rows of one figure after the other.
func figuresOf(rows []WholeRow) iter.Seq[[]WholeRow] {
	return func(yield func([]WholeRow) bool) {
		for n := 0; len(rows) > 0; rows = rows[n:] {
			for n = 1; n < len(rows) && rows[n].Figure == rows[0].Figure; n++ {
			}
			if !yield(rows[:n]) {
				return
			}
		}
	}
}

// wholeTable has a row for each contestant of a figure.
func wholeTable(rows []WholeRow) table {
	t := table{title: fmt.Sprintf("%s (rounds: %d)", rows[0].Figure, rows[0].Rounds), head: []string{""}}
	for _, a := range rows[0].Aspects {
		t.head = append(t.head, a.Name)
	}
	t.head = append(t.head, "cores used by others")
	for _, row := range rows {
		cells := []string{row.Contestant}
		for _, a := range row.Aspects {
			if a.Count {
				cells = append(cells, count(int(a.Total)))
			} else {
				cells = append(cells, a.Spread.String())
			}
		}
		t.rows = append(t.rows, append(cells, fmt.Sprintf("%.2f", row.Others)))
	}
	return t
}

// wholePlots has a plot for each aspect that tells something.
func wholePlots(rows []WholeRow) (all []plot) {
	for i, a := range rows[0].Aspects {
		if !a.Plot {
			continue
		}
		var contestants []string
		var spreads []Spread
		for _, row := range rows {
			contestants, spreads = append(contestants, row.Contestant), append(spreads, row.Aspects[i].Spread)
		}
		all = append(all, barsOf(a.Name+": "+rows[0].Figure, contestants, spreads))
	}
	return all
}
