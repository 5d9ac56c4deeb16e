package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// mostNamed is how many figures that differ are named in words.
const mostNamed = 6

// differences says in plain words what a comparison found out: what is not the same in the
// last run as in the first, what is, and how it grows if the runs have several sizes.
func differences(runs []result.Result) []string {
	var broken []string
	for _, r := range runs {
		if v := judge(r); v.State != "good" {
			broken = append(broken, column(r)+": "+v.Word)
		}
	}
	said := []string{"Every promise of the mesh held in all runs."}
	if len(broken) > 0 {
		said = []string{"Not every run is good: " + strings.Join(broken, ", ") + "."}
	}
	first, last := runs[0], runs[len(runs)-1]
	var named, same []string
	for _, f := range keyFigures {
		a, b := f.of(first), f.of(last)
		switch {
		case !f.some(runs) || !finite(a) || !finite(b):
		case !f.differs(runs) || math.Abs(b-a) <= noise*math.Abs(a):
			same = append(same, f.name)
		default:
			text := fmt.Sprintf("%s %s → %s", f.name, f.text(a), f.text(b))
			if c := change(a, b); c != none {
				text += " (" + c + ")"
			}
			named = append(named, text)
		}
	}
	if len(named) == 0 {
		return append(said, fmt.Sprintf("No key figure of %s differs from that of %s by more than %s.", column(last), column(first), portion(noise)))
	}
	more := ""
	if len(named) > mostNamed {
		more = fmt.Sprintf("; and %d more in the table", len(named)-mostNamed)
	}
	said = append(said, fmt.Sprintf("From %s to %s: %s%s.", column(first), column(last), strings.Join(named[:min(len(named), mostNamed)], ", "), more))
	if len(same) > 0 {
		said = append(said, "The same in both, to "+portion(noise)+": "+strings.Join(same, ", ")+".")
	}
	return append(said, growth(runs)...)
}

// growth says how what each server sends grows with the servers, by the two largest sizes.
func growth(runs []result.Result) []string {
	if comparedName(runs) != runs[0].Scenario {
		return nil // something else is not the same either
	}
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b result.Result) int { return a.Nodes - b.Nodes })
	a, b := runs[len(runs)-2], runs[len(runs)-1]
	was, is := measure(a).mean, measure(b).mean
	if a.Nodes < 1 || b.Nodes <= a.Nodes || !(was > 0) || !(is > 0) {
		return nil
	}
	power := math.Log(is/was) / math.Log(float64(b.Nodes)/float64(a.Nodes))
	return []string{fmt.Sprintf("Between %s and %s servers, twice the servers make each of them send %s times as much, and all together %s times.",
		count(a.Nodes), count(b.Nodes), digits(math.Pow(2, power)), digits(math.Pow(2, power+1)))}
}
