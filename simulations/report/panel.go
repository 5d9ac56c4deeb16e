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
	panelRoom  = 92.0 // kept at the right for the figure
	panelBar   = 13.0
)

// panel draws f as a lying bar for each run, its figure at the end and its name
// above.
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
			length = max(v, 0) / most * (panelWidth - panelRoom)
		}
		figure := f.text(v)
		if i > 0 {
			if c := change(f.of(runs[0]), v); c != none {
				figure += "  " + c
			}
		}
		fmt.Fprintf(&b, `<text x="0" y="%s">%s</text>`, px(y+12), html.EscapeString(cut(column(r), panelWidth)))
		fmt.Fprintf(&b, `<rect class="bar c0" x="0" y="%s" width="%s" height="%s"/>`, px(y+17), px(max(length, 1)), px(panelBar))
		fmt.Fprintf(&b, `<text class="value" x="%s" y="%s">%s</text>`, px(max(length, 1)+5), px(y+28), html.EscapeString(figure))
	}
	b.WriteString(`</svg>`)
	return b.String()
}

// cut shortens s to what fits into width pixels.
func cut(s string, width float64) string {
	most := int(width / letter)
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}
