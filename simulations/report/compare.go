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

// Compare writes runs, at least two, beside each other: to w as a table for a
// terminal, and to dir, which it makes if need be, as a page with what Write
// gives for each. Differences are told against the first run.
func Compare(dir string, w io.Writer, runs []result.Result) error {
	if len(runs) < 2 {
		return errors.New("report: a comparison needs two runs or more")
	}
	c := &comparison{
		Text:     fmt.Sprintf("%d runs beside each other. Changes are against the first, %s.", len(runs), name(runs[0])),
		Question: comparedQuestion(runs),
		Answer:   differences(runs),
		Tables:   []table{keyTable(runs, 0, len(runs))},
	}
	if t := differingSettings(runs); len(t.Rows) > 0 {
		c.Tables = append(c.Tables, t)
	}
	for i, f := range keyFigures {
		if f.differs(runs) {
			c.Panels = append(c.Panels, panel{f.name, template.HTML(f.panel(fmt.Sprintf("panel%d", i), runs))}) // panel escapes all text
		}
	}
	if p, ok := growthPlot(runs); ok {
		f := p.figure("growth")
		c.Growth = &f
	}
	if err := write(dir, "Comparison of "+comparedName(runs), c, runs); err != nil {
		return err
	}
	return compareText(w, runs)
}

// comparedName is what all runs have in common: their scenario, if it is one.
func comparedName(runs []result.Result) string {
	for _, r := range runs {
		if r.Scenario != runs[0].Scenario || r.Scenario == "" {
			return number(len(runs), "run", "runs")
		}
	}
	return runs[0].Scenario
}

// comparedQuestion is what all runs ask, if it is the same.
func comparedQuestion(runs []result.Result) string {
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

// keyTable has a row for each key figure, and two columns for each run from
// first up to end: the figure, and its change against the first of runs.
func keyTable(runs []result.Result, first, end int) table {
	t := table{Title: "Key figures", Head: []string{""}}
	verdicts := row{{Text: "verdict"}}
	for i := first; i < end; i++ {
		v := judge(runs[i])
		t.Head, verdicts = append(t.Head, short(column(runs[i]))), append(verdicts, cell{v.Word, v.State})
		if i > 0 {
			t.Head, verdicts = append(t.Head, "change"), append(verdicts, cell{})
		}
	}
	t.Rows = []row{verdicts}
	for _, f := range keyFigures {
		if !f.some(runs) {
			continue
		}
		line, base := row{{Text: f.name}}, f.of(runs[0])
		for i := first; i < end; i++ {
			v := f.of(runs[i])
			line = append(line, cell{Text: f.text(v)})
			if i > 0 {
				line = append(line, f.against(base, v))
			}
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}

// differingSettings has a row for each setting that is not the same in all runs.
func differingSettings(runs []result.Result) table {
	t := table{Title: "Settings that differ", Words: len(runs), Head: []string{"setting"}}
	var names []string
	for _, r := range runs {
		t.Head = append(t.Head, short(column(r)))
		for _, s := range r.Settings {
			if !slices.Contains(names, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	for _, n := range names {
		line, differ := row{{Text: n}}, false
		for _, r := range runs {
			line = append(line, cell{Text: setting(r, n)})
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
func growthPlot(runs []result.Result) (plot, bool) {
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b result.Result) int { return a.Nodes - b.Nodes })
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
		base, s := f.of(runs[0]), series{name: f.name, shape: dotted}
		if !(base > 0) {
			continue
		}
		for _, r := range runs {
			times := positive(f.of(r) / base)
			if finite(times) {
				lo, hi = min(lo, times), max(hi, times)
			}
			s.points = append(s.points, point{float64(r.Nodes), times})
		}
		p.series = append(p.series, s)
	}
	p.x = between("servers, logarithmic", float64(runs[0].Nodes), float64(runs[len(runs)-1].Nodes), digits)
	p.y = between("multiple, logarithmic", lo, hi, func(v float64) string { return digits(v) + "×" })
	return p, true
}

// compareText writes the tables for a terminal, a few runs at a time.
func compareText(w io.Writer, runs []result.Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s. Changes are against %s.\n", short("Comparison of "+comparedName(runs)), short(column(runs[0])))
	if q := comparedQuestion(runs); q != "" {
		fmt.Fprintln(&b, short(q))
	}
	for _, said := range differences(runs) {
		writeItem(&b, said)
	}
	for at := 0; at < len(runs); at += columns {
		b.WriteByte('\n')
		keyTable(runs, at, min(at+columns, len(runs))).write(&b, "  ")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
