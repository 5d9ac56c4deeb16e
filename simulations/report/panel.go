package report

import (
	"fmt"
	"html"
	"strings"
)

// Sizes of a panel, in pixels at its natural size.
const (
	panelWidth = 300.0
	panelRow   = 36.0
	panelBar   = 11.0
)

// panel draws f as a lying bar for each outcome, with its name and figure above, and the
// range of its runs as a line.
func (f keyFigure) panel(id string, outcomes []Outcome) string {
	most := 0.0
	for _, o := range outcomes {
		if _, _, high, ok := o.bounds(f); ok {
			most = max(most, high)
		}
	}
	length := func(v float64) float64 {
		if most > 0 && finite(v) {
			return max(v, 0) / most * panelWidth
		}
		return 0
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="plot" viewBox="0 0 %s %s" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">`,
		px(panelWidth), px(panelRow*float64(len(outcomes))), id, id, id, html.EscapeString(f.name), id)
	for _, o := range outcomes {
		b.WriteString(html.EscapeString(column(o.Result) + ": " + o.figure(f) + ". "))
	}
	b.WriteString(`</desc>`)
	for i, o := range outcomes {
		y := panelRow * float64(i)
		low, middle, high, _ := o.bounds(f)
		figure := f.value(middle, outcomes[0], o, i)
		fmt.Fprintf(&b, `<text x="0" y="%s">%s</text>`, px(y+12), html.EscapeString(cut(column(o.Result), panelWidth-textWidth(figure)-2*letter)))
		fmt.Fprintf(&b, `<text class="value" x="%s" y="%s" text-anchor="end">%s</text>`, px(panelWidth), px(y+12), html.EscapeString(figure))
		fmt.Fprintf(&b, `<rect class="bar c0" x="0" y="%s" width="%s" height="%s"/>`, px(y+17), px(max(length(middle), 1)), px(panelBar))
		if high > low {
			fmt.Fprintf(&b, `<path class="range" d="M%s %sH%s"/>`, px(length(low)), px(y+17+panelBar/2), px(length(high)))
		}
	}
	b.WriteString(`</svg>`)
	return b.String()
}

// value is the figure of the ith outcome next to its bar, with its change against the first.
func (f keyFigure) value(middle float64, first, o Outcome, i int) string {
	if _, _, _, ok := o.bounds(f); !ok {
		return none
	}
	text, change := f.text(middle), f.against(first, o).Text
	switch {
	case i == 0 || change == none:
		return text
	case f.compare(first, o) == insideSpread:
		return text + " (in the spread)"
	}
	return text + " (" + change + ")"
}

// cut shortens s to what fits into width pixels.
func cut(s string, width float64) string {
	most := max(int(width/letter), 2)
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}
