package report

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// A comparison is what the page shows of several runs together.
type comparison struct {
	Question string // that all runs answer; "" if it is not one
	Text     string
	Answer   []string
	Tables   []table
	Panels   []panel
	Growth   *figure
}

// A panel is a small plot of one key figure.
type panel struct {
	Title   string
	Drawing template.HTML
}

// columns is how many runs the terminal shows beside each other.
const columns = 4

// Compare writes outcomes, at least two, side by side: to w as a table for a
// terminal, and to dir, which it makes if need be, as a page with what Write
// gives for each. Changes are relative to the first.
func Compare(dir string, w io.Writer, outcomes []Outcome) error {
	if len(outcomes) < 2 {
		return errors.New("report: a comparison needs two runs or more")
	}
	c := &comparison{
		Text:     fmt.Sprintf("%d outcomes side by side. Changes are relative to the first, %s.", len(outcomes), name(outcomes[0].Result)),
		Question: comparedQuestion(outcomes),
		Answer:   differences(outcomes),
		Tables:   []table{keyTable(outcomes, 0, len(outcomes))},
	}
	if t := differingSettings(outcomes); len(t.Rows) > 0 {
		c.Tables = append(c.Tables, t)
	}
	for i, f := range keyFigures {
		if f.differs(outcomes) {
			c.Panels = append(c.Panels, panel{f.name, template.HTML(f.panel(fmt.Sprintf("panel%d", i), outcomes))}) // panel escapes all text
		}
	}
	if p, ok := growthPlot(outcomes); ok {
		f := p.figure("growth")
		c.Growth = &f
	}
	if err := write(dir, "Comparison of "+comparedName(outcomes), c, outcomes); err != nil {
		return err
	}
	return compareText(w, outcomes)
}

// comparedName is what all runs have in common: their scenario, if it is one.
func comparedName(runs []Outcome) string {
	for _, r := range runs {
		if r.Scenario != runs[0].Scenario || r.Scenario == "" {
			return number(len(runs), "run", "runs")
		}
	}
	return runs[0].Scenario
}

// comparedQuestion is what all runs ask, if it is the same.
func comparedQuestion(runs []Outcome) string {
	for _, r := range runs {
		if r.Question != runs[0].Question {
			return ""
		}
	}
	return runs[0].Question
}

// column is what tells r from the others of a comparison.
func column(r result.Result) string {
	if r.Label != "" {
		return r.Label
	}
	return name(r)
}

// keyTable has a row for each key figure, and two columns for each outcome from
// first up to end: the figure, and its change against the first of all.
func keyTable(outcomes []Outcome, first, end int) table {
	t := table{Title: "Key figures", Head: []string{""}}
	verdicts := row{{Text: "verdict"}}
	for i := first; i < end; i++ {
		v := outcomes[i].verdict()
		t.Head, verdicts = append(t.Head, short(column(outcomes[i].Result))), append(verdicts, cell{v.Word, v.State})
		if i > 0 {
			t.Head, verdicts = append(t.Head, "change"), append(verdicts, cell{})
		}
	}
	t.Rows = []row{verdicts}
	for _, f := range keyFigures {
		if !f.some(outcomes) {
			continue
		}
		line := row{{Text: f.name}}
		for i := first; i < end; i++ {
			line = append(line, cell{Text: outcomes[i].figure(f)})
			if i > 0 {
				line = append(line, f.against(outcomes[0], outcomes[i]))
			}
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}

// differingSettings has a row for each setting that is not the same in all outcomes. The
// seed is not among them: it differs between the runs of each.
func differingSettings(outcomes []Outcome) table {
	t := table{Title: "Settings that differ", Words: len(outcomes), Head: []string{"setting"}}
	var names []string
	for _, o := range outcomes {
		t.Head = append(t.Head, short(column(o.Result)))
		for _, s := range o.Settings {
			if !slices.Contains(names, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	for _, n := range names {
		line, differ := row{{Text: n}}, false
		for _, o := range outcomes {
			line = append(line, cell{Text: setting(o.Result, n)})
			differ = differ || line[len(line)-1] != line[1]
		}
		if differ {
			t.Rows = append(t.Rows, line)
		}
	}
	return t
}

func setting(r result.Result, name string) string {
	for _, s := range r.Settings {
		if s.Name == name {
			return s.Value
		}
	}
	return none
}

// growthPlot shows how the key figures grow with the number of servers, each as
// a multiple of what it is with the fewest. There is none unless the runs have
// three sizes or more, all different.
func growthPlot(runs []Outcome) (plot, bool) {
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b Outcome) int { return a.Nodes - b.Nodes })
	for i, r := range runs {
		if r.Nodes < 1 || i > 0 && r.Nodes == runs[i-1].Nodes {
			return plot{}, false
		}
	}
	if len(runs) < 3 {
		return plot{}, false
	}
	p := plot{
		title: "Growth with the number of servers",
		text:  fmt.Sprintf("Each figure as a multiple of what it is with %s. What rises like the line of the servers doubles when they do.", number(runs[0].Nodes, "server", "servers")),
	}
	lo, hi := 1.0, 1.0
	for _, f := range growing {
		s := series{name: f.name, shape: dotted}
		_, base, _, ok := runs[0].bounds(f)
		if !ok || !(base > 0) {
			continue
		}
		for _, o := range runs {
			low, middle, high, _ := o.bounds(f)
			for _, v := range []float64{low, middle, high} {
				if times := positive(v / base); finite(times) {
					lo, hi = min(lo, times), max(hi, times)
				}
			}
			n := float64(o.Nodes)
			s.points = append(s.points, point{n, positive(middle / base)})
			if o.several() {
				s.low, s.high = append(s.low, point{n, positive(low / base)}), append(s.high, point{n, positive(high / base)})
			}
		}
		p.series = append(p.series, s)
	}
	p.x = between("servers, logarithmic", float64(runs[0].Nodes), float64(runs[len(runs)-1].Nodes), digits)
	p.y = between("multiple, logarithmic", lo, hi, func(v float64) string { return digits(v) + "×" })
	return p, true
}

// compareText writes the tables for a terminal, a few runs at a time.
func compareText(w io.Writer, runs []Outcome) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s. Changes are against %s.\n", short("Comparison of "+comparedName(runs)), short(column(runs[0].Result)))
	if q := comparedQuestion(runs); q != "" {
		fmt.Fprintln(&b, short(q))
	}
	for _, said := range differences(runs) {
		writeItem(&b, said)
	}
	beside := columns
	if runs[0].several() {
		beside = 2 // ranges take room
	}
	for at := 0; at < len(runs); at += beside {
		b.WriteByte('\n')
		keyTable(runs, at, min(at+beside, len(runs))).write(&b, "  ")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
