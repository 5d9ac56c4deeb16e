package report

import (
	"fmt"
	"html"
	"strings"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// Sizes of a panel, in pixels at its natural size.
const (
	panelWidth = 300.0
	panelRow   = 36.0
	panelBar   = 11.0
)

// panel draws f as a lying bar for each run, with its name and figure above.
func (f keyFigure) panel(id string, runs []result.Result) string {
	most := 0.0
	for _, r := range runs {
		if v := f.of(r); finite(v) {
			most = max(most, v)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="plot" viewBox="0 0 %s %s" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">`,
		px(panelWidth), px(panelRow*float64(len(runs))), id, id, id, html.EscapeString(f.name), id)
	for _, r := range runs {
		b.WriteString(html.EscapeString(column(r) + ": " + f.text(f.of(r)) + ". "))
	}
	b.WriteString(`</desc>`)
	for i, r := range runs {
		y, v := panelRow*float64(i), f.of(r)
		length := 0.0
		if finite(v) && most > 0 {
			length = max(v, 0) / most * panelWidth
		}
		figure := f.text(v)
		if c := change(f.of(runs[0]), v); i > 0 && c != none {
			figure += " (" + c + ")"
		}
		fmt.Fprintf(&b, `<text x="0" y="%s">%s</text>`, px(y+12), html.EscapeString(cut(column(r), panelWidth-textWidth(figure)-2*letter)))
		fmt.Fprintf(&b, `<text class="value" x="%s" y="%s" text-anchor="end">%s</text>`, px(panelWidth), px(y+12), html.EscapeString(figure))
		fmt.Fprintf(&b, `<rect class="bar c0" x="0" y="%s" width="%s" height="%s"/>`, px(y+17), px(max(length, 1)), px(panelBar))
	}
	b.WriteString(`</svg>`)
	return b.String()
}

// cut shortens s to what fits into width pixels.
func cut(s string, width float64) string {
	most := max(int(width/letter), 2)
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}
