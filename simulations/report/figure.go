package report

import (
	"fmt"
	"html/template"
)

// A figure is one plot, or a stack of them, as the page shows it.
type figure struct {
	Title, Text string
	Parts       []part
}

type part struct {
	Legend   []key
	Drawings []template.HTML // one for each sheet, of which the page shows one
}

// A key tells which colour and dashes a series has.
type key struct {
	Name   string
	Class  string
	Filled bool
}

// figure draws p alone. id sets it apart from others on the page.
func (p plot) figure(id string) figure {
	return figure{p.title, p.text, []part{p.part(id, sheets, make([]float64, len(sheets)))}}
}

// stack draws plots of the same x axis under each other, lined up. The first
// has the words of the bands, the last the title of the axis.
func stack(id, title, text string, plots []plot) figure {
	f := figure{Title: title, Text: text}
	rooms := make([]float64, len(strips))
	for i, s := range strips {
		for _, p := range plots {
			rooms[i] = max(rooms[i], p.room(s))
		}
	}
	for i, p := range plots {
		p.brief = i > 0
		if i < len(plots)-1 {
			p.x.label = ""
		}
		f.Parts = append(f.Parts, p.part(fmt.Sprintf("%s-%d", id, i), strips, rooms))
	}
	return f
}

// part draws p once for each of sizes, with at least the room of its place in
// rooms at the left, and with a legend if it has several series.
func (p plot) part(id string, sizes []sheet, rooms []float64) part {
	var drawn part
	for i, s := range sizes {
		p.left = rooms[i]
		drawn.Drawings = append(drawn.Drawings, template.HTML(p.svg(id+"-"+s.name, s))) // svg escapes all text
	}
	if len(p.series) > 1 {
		for i, s := range p.series {
			drawn.Legend = append(drawn.Legend, key{s.name, fmt.Sprintf("c%d", i%colours), s.shape == bars})
		}
	}
	return drawn
}
