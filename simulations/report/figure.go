package report

import (
	"fmt"
	"html/template"
)

// A figure is a plot as the page shows it.
type figure struct {
	Title, Text string
	Legend      []key
	Drawings    []template.HTML // one for each sheet, of which the page shows one
}

// A key tells which colour and dashes a series has.
type key struct {
	Name   string
	Class  string
	Filled bool
}

// figures draws plots. prefix sets their IDs apart from others on the page.
func figures(prefix string, plots ...plot) []figure {
	drawn := make([]figure, len(plots))
	for i, p := range plots {
		drawn[i] = p.figure(fmt.Sprintf("%s-%d", prefix, i))
	}
	return drawn
}

func (p plot) figure(id string) figure {
	f := figure{Title: p.title, Text: p.text}
	for _, s := range []sheet{wide, narrow} {
		f.Drawings = append(f.Drawings, template.HTML(p.svg(id+s.name, s))) // svg escapes all text
	}
	if len(p.series) > 1 {
		for i, s := range p.series {
			f.Legend = append(f.Legend, key{s.name, fmt.Sprintf("c%d", i%colours), s.shape == bars})
		}
	}
	return f
}
