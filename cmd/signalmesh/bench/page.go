//go:build linux

package main

import (
	"html/template"
	"os"
)

// writePage writes the report as a page with plots. It needs nothing from elsewhere.
func (r *Report) writePage(path string) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closed := file.Close(); err == nil {
			err = closed
		}
	}()
	type view struct {
		Title string
		Head  []string
		Rows  [][]string
	}
	data := struct {
		About  []string
		Plots  []plot
		Tables []view
	}{About: r.about(), Plots: r.plots()}
	for _, t := range r.tables() {
		data.Tables = append(data.Tables, view{t.title, t.head, t.rows})
	}
	return page.Execute(file, data)
}

// A plot is bars with a line from the least to the most, in units of the picture.
type plot struct {
	Title  string
	Height int
	Bars   []bar
}

type bar struct {
	Y             int
	Label, Value  string
	Width, Lo, Hi float64
	TextX         float64
	Class         string
}

// Measures of a plot, in its own units.
const (
	plotWidth = 420.0
	barStep   = 26
)

// plots has one for each figure that one number tells best.
func (r *Report) plots() (all []plot) {
	for i := 0; i < len(r.Rows); {
		n := i
		for n < len(r.Rows) && r.Rows[n].Figure == r.Rows[i].Figure {
			n++
		}
		rows := r.Rows[i:n]
		if rows[0].latency {
			all = append(all, plotOf(rows, "p50, µs: ", func(r Row) Spread { return r.P50 }), plotOf(rows, "p99, µs: ", func(r Row) Spread { return r.P99 }))
		} else {
			all = append(all, plotOf(rows, "messages/s and server: ", func(r Row) Spread { return r.PerServer }))
		}
		if rows[0].CPU.Max > 0 {
			all = append(all, plotOf(rows, "CPU, µs for each message: ", func(r Row) Spread { return r.CPU }))
		}
		i = n
	}
	for rows := range figuresOf(r.Whole) {
		all = append(all, wholePlots(rows)...)
	}
	return all
}

func plotOf(rows []Row, unit string, of func(Row) Spread) plot {
	var contestants []string
	var spreads []Spread
	for _, row := range rows {
		contestants, spreads = append(contestants, row.Contestant), append(spreads, of(row))
	}
	return barsOf(unit+rows[0].Figure, contestants, spreads)
}

// barsOf has a bar for each contestant.
func barsOf(title string, contestants []string, spreads []Spread) plot {
	p := plot{Title: title, Height: len(spreads)*barStep + 6}
	most := 1e-9
	for _, s := range spreads {
		most = max(most, s.Max)
	}
	scale := plotWidth / most
	for i, s := range spreads {
		p.Bars = append(p.Bars, bar{
			Y: i*barStep + 4, Label: contestants[i], Value: s.String(), Width: s.Median * scale, Lo: s.Min * scale, Hi: s.Max * scale,
			TextX: s.Max*scale + 6, Class: contestants[i],
		})
	}
	return p
}

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>signalmesh: benchmarks</title>
<style>
body { font: 14px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em; }
table { border-collapse: collapse; margin: 0 0 2em; }
th, td { padding: .2em .8em; border-bottom: 1px solid #ccc; text-align: right; }
th:first-child, td:first-child { text-align: left; }
figure { display: inline-block; margin: 0 2em 1.5em 0; }
figcaption { font-weight: 600; }
rect { fill: #9bb; } rect.mesh { fill: #2a7; } rect.redis { fill: #c43; } rect.nats { fill: #47c; }
line { stroke: #222; } text { font: 12px system-ui, sans-serif; }
</style>
<h1>signalmesh: benchmarks</h1>
{{range .About}}<p>{{.}}</p>
{{end}}
{{range .Plots}}<figure><figcaption>{{.Title}}</figcaption>
<svg width="700" height="{{.Height}}" role="img">
{{range .Bars}}<g transform="translate(70 {{.Y}})">
<text x="-6" y="14" text-anchor="end">{{.Label}}</text><rect class="{{.Class}}" width="{{.Width}}" height="20"/>
<line x1="{{.Lo}}" x2="{{.Hi}}" y1="10" y2="10"/><text x="{{.TextX}}" y="14">{{.Value}}</text></g>
{{end}}</svg></figure>
{{end}}
{{range .Tables}}<h2>{{.Title}}</h2>
<table><tr>{{range .Head}}<th>{{.}}</th>{{end}}</tr>
{{range .Rows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>
{{end}}</table>
{{end}}
</html>
`))
