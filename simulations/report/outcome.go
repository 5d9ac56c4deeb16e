package report

import (
	"fmt"
	"strings"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// An Outcome is one run of a scenario, or several that differ in their seed only. Several
// runs are shown as one: each figure is the median, with the least and the most of the runs.
type Outcome struct {
	result.Result // the first run
	runs          []result.Result
}

// Of returns the outcome of runs, of which there must be at least one.
func Of(runs ...result.Result) Outcome { return Outcome{runs[0], runs} }

// each makes one outcome of each result.
func each(results []result.Result) []Outcome {
	var all []Outcome
	for _, r := range results {
		all = append(all, Of(r))
	}
	return all
}

// several reports whether there are runs to compare.
func (o Outcome) several() bool { return len(o.runs) > 1 }

// sentences merges the sentences of all runs.
func (o Outcome) sentences(say func(result.Result) []string) []string {
	if !o.several() {
		return say(o.Result)
	}
	var runs [][]string
	for _, r := range o.runs {
		runs = append(runs, say(r))
	}
	return mergeSentences(runs)
}

// table merges the tables of each run.
func (o Outcome) table(show func(result.Result) table) table {
	if !o.several() {
		return show(o.Result)
	}
	var tables []table
	for _, r := range o.runs {
		tables = append(tables, show(r))
	}
	return mergeTables(tables)
}

// plots merges the plots of each run, as bands around their medians.
func (o Outcome) plots(show func(result.Result) []plot) []plot {
	first := show(o.Result)
	if !o.several() {
		return first
	}
	for i := range first {
		var same []plot
		for _, r := range o.runs {
			if of := show(r); i < len(of) && of[i].title == first[i].title {
				same = append(same, of[i])
			}
		}
		first[i] = mergePlots(same)
	}
	return first
}

func (o Outcome) plot(show func(result.Result) plot) plot {
	return o.plots(func(r result.Result) []plot { return []plot{show(r)} })[0]
}

// figure writes the median of a figure over the runs that have it, with its range.
func (o Outcome) figure(f keyFigure) string {
	low, middle, high, ok := o.bounds(f)
	if !ok {
		return none
	}
	return ranged(f.text(low), f.text(middle), f.text(high))
}

// bounds are the least, the median and the most of a figure; not ok if no run has it.
func (o Outcome) bounds(f keyFigure) (low, middle, high float64, ok bool) {
	var values []float64
	for _, r := range o.runs {
		if v := f.of(r); finite(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return 0, 0, 0, false
	}
	low, middle, high = bounds(values)
	return low, middle, high, true
}

// method returns a sentence that explains the figures of several runs.
func (o Outcome) method() []string {
	if !o.several() {
		return nil
	}
	var seeds []string
	for _, r := range o.runs {
		seeds = append(seeds, fmt.Sprint(r.Seed))
	}
	return []string{fmt.Sprintf("%d runs with the seeds %s: each figure is the median of the runs, with their range in brackets if they differ.", len(o.runs), strings.Join(seeds, ", "))}
}

// verdict is the worst of the runs, with how many of them have it.
func (o Outcome) verdict() verdict {
	states := []string{"good", "warn", "bad"}
	worst, count := judge(o.runs[0]), 0
	for _, r := range o.runs {
		v := judge(r)
		if rank := indexOf(states, v.State) - indexOf(states, worst.State); rank > 0 {
			worst, count = v, 0
		}
		if v.State == worst.State {
			count++
		}
	}
	if !o.several() {
		return worst
	}
	var texts []string
	for _, r := range o.runs {
		if v := judge(r); v.State == worst.State && skeleton(v.Text) == skeleton(worst.Text) {
			texts = append(texts, v.Text)
		}
	}
	worst.Text = merge(texts)
	if count < len(o.runs) {
		worst.Text = fmt.Sprintf("in %d of %d runs: %s", count, len(o.runs), worst.Text)
	} else {
		worst.Text = fmt.Sprintf("in all %d runs: %s", len(o.runs), worst.Text)
	}
	return worst
}

// failing is the first run that is not OK, and the first run if all are.
func (o Outcome) failing() result.Result {
	for _, r := range o.runs {
		if judge(r).State == "bad" {
			return r
		}
	}
	return o.Result
}

func indexOf(list []string, s string) int {
	for i, v := range list {
		if v == s {
			return i
		}
	}
	return -1
}
