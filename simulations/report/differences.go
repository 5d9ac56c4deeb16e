package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// mostNamed is how many figures that differ are named in words.
const mostNamed = 6

// differences returns the results of a comparison in words: the figures that differ between
// the first and the last outcome, those that do not, and the growth if the sizes differ.
func differences(outcomes []Outcome) []string {
	first, last := outcomes[0], outcomes[len(outcomes)-1]
	said := verdicts(outcomes)
	if first.several() {
		said = append(said, fmt.Sprintf("Each is %d runs with different seeds: a figure is their median, with their range in brackets.", len(first.runs)))
	} else {
		said = append(said, "Each is one run, so a difference may be due to the seed. Use --runs 5 to see the spread between seeds.")
	}
	var named, alike, inside []string
	for _, f := range keyFigures {
		if !f.some(outcomes) {
			continue
		}
		_, was, _, ok := first.bounds(f)
		_, is, _, has := last.bounds(f)
		if !ok || !has {
			continue
		}
		text := fmt.Sprintf("%s %s → %s", f.name, first.figure(f), last.figure(f))
		switch f.compare(first, last) {
		case same:
			alike = append(alike, f.name)
		case insideSpread:
			inside = append(inside, text)
		default:
			if c := change(was, is); c != none {
				text += " (" + c + ")"
			}
			named = append(named, text)
		}
	}
	if len(named) == 0 {
		said = append(said, fmt.Sprintf("No key figure of %s differs from that of %s by more than %s.", column(last.Result), column(first.Result), limitOf(first)))
	} else {
		said = append(said, fmt.Sprintf("From %s to %s: %s.", column(first.Result), column(last.Result), some(named)))
	}
	if len(inside) > 0 {
		said = append(said, fmt.Sprintf("Inside the spread of the runs, so not a proven difference: %s.", some(inside)))
	}
	if len(alike) > 0 && len(named)+len(inside) > 0 {
		said = append(said, "The same in both, to "+portion(noise)+": "+strings.Join(alike, ", ")+".")
	}
	return append(said, growth(outcomes)...)
}

// verdicts returns a sentence that lists the outcomes that are not good.
func verdicts(outcomes []Outcome) []string {
	var not []string
	for _, o := range outcomes {
		if v := o.verdict(); v.State != "good" {
			not = append(not, column(o.Result)+": "+v.Word)
		}
	}
	if len(not) > 0 {
		return []string{"Not every run is good: " + strings.Join(not, ", ") + "."}
	}
	return []string{"Every promise of the mesh held in all runs."}
}

// limitOf returns the least difference that counts.
func limitOf(o Outcome) string {
	if o.several() {
		return "the spread of the runs"
	}
	return portion(noise)
}

// some returns the first mostNamed differences as one text.
func some(texts []string) string {
	more := ""
	if len(texts) > mostNamed {
		more = fmt.Sprintf("; and %d more in the table", len(texts)-mostNamed)
	}
	return strings.Join(texts[:min(len(texts), mostNamed)], ", ") + more
}

// growth returns how the traffic of a server grows with the number of servers, by the two
// largest sizes.
func growth(outcomes []Outcome) []string {
	if comparedName(outcomes) != outcomes[0].Scenario {
		return nil // something else is not the same either
	}
	outcomes = slices.Clone(outcomes)
	slices.SortStableFunc(outcomes, func(a, b Outcome) int { return a.Nodes - b.Nodes })
	a, b := outcomes[len(outcomes)-2], outcomes[len(outcomes)-1]
	sent := keyFigureOf("sent by each server")
	_, was, _, _ := a.bounds(sent)
	_, is, _, _ := b.bounds(sent)
	if a.Nodes < 1 || b.Nodes <= a.Nodes || !(was > 0) || !(is > 0) {
		return nil
	}
	power := math.Log(is/was) / math.Log(float64(b.Nodes)/float64(a.Nodes))
	return []string{fmt.Sprintf("Between %s and %s servers, twice the servers make each of them send %s times as much, and all together %s times.",
		count(a.Nodes), count(b.Nodes), digits(math.Pow(2, power)), digits(math.Pow(2, power+1)))}
}
