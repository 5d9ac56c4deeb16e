package report

import (
	"fmt"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A sheet is the size of a drawing, in pixels at its natural size. The page
// shows the one that fits the screen.
type sheet struct {
	name          string // its class in report.css
	width, height float64
}

var (
	sheets = []sheet{{"wide", 860, 300}, {"narrow", 340, 250}}
	strips = []sheet{{"wide", 860, 200}, {"narrow", 340, 180}} // of plots in a stack
)

const (
	letter  = 6.6 // how wide a character of 12 pixels may be, on the safe side
	margin  = 14.0
	footer  = 42.0 // of the x axis: its ticks and its title
	header  = 26.0 // of the y axis' title
	lane    = 17.0 // of the labels of bands
	lanes   = 3
	tickGap = 6.0
)

// A drawing is a plot on its way to be SVG.
type drawing struct {
	strings.Builder
	p                        plot
	size                     sheet
	left, right, top, bottom float64  // of the area of the figures
	labels, words            []placed // of the bands, and of the marks
}

// svg draws p. id is the drawing's own on its page.
func (p plot) svg(id string, s sheet) string {
	d := &drawing{p: p, size: s}
	d.lay()
	foot := footer
	if p.x.label == "" {
		foot = footer / 2
	}
	fmt.Fprintf(d, `<svg class="plot %s" viewBox="0 0 %s %s" role="img" aria-labelledby="%s-t %s-d">`,
		s.name, px(s.width), px(d.bottom+foot), id, id)
	fmt.Fprintf(d, `<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, id, html.EscapeString(p.title), id, html.EscapeString(p.text))
	d.drawBands()
	d.drawAxes()
	d.drawFaults()
	for i, s := range p.series {
		if s.shape != bars {
			d.drawRibbon(i, s)
		}
	}
	for i, s := range p.series {
		if s.shape == bars {
			d.drawBars(i, s)
			d.drawWhiskers(i, s)
		} else {
			d.drawLine(i, s)
		}
	}
	d.drawMarks()
	d.WriteString(`</svg>`)
	return d.String()
}

// lay decides where things go: what the labels need comes first.
func (d *drawing) lay() {
	d.left, d.right = max(d.p.left, d.p.room(d.size)), d.size.width-margin
	bands, marks := 0, 0
	d.labels, bands = d.place()
	d.words, marks = d.placeMarks()
	d.top = header + lane*float64(max(bands, marks))
	d.bottom = d.top + d.size.height - header - footer
}

// room is what the ticks of p's y axis need at the left.
func (p plot) room(s sheet) float64 {
	widest := 20.0
	for _, t := range p.y.ticks(s.rows()) {
		widest = max(widest, textWidth(t.text))
	}
	return widest + tickGap + 4
}

// rows and columns are how many parts the ticks may make of each axis.
func (s sheet) rows() int { return min(max(int((s.height-header-footer)/30), 2), 6) }
func (d *drawing) columns() int {
	widest := 4 * letter
	if d.p.x.text != nil {
		widest = 7 * letter // "500 ms", and ticks that are not evenly apart
	}
	for _, n := range d.p.x.names {
		widest = max(widest, textWidth(n))
	}
	return max(int((d.right-d.left)/(widest+3*letter)), 2)
}

func (d *drawing) x(v float64) float64 { return d.left + d.p.x.at(v)*(d.right-d.left) }
func (d *drawing) y(v float64) float64 { return d.bottom - d.p.y.at(v)*(d.bottom-d.top) }

func (d *drawing) drawAxes() {
	for _, t := range d.p.y.ticks(d.size.rows()) {
		y := px(d.y(t.at))
		fmt.Fprintf(d, `<path class="grid" d="M%s %sH%s"/>`, px(d.left), y, px(d.right))
		d.text(d.left-tickGap, d.y(t.at)+4, "end", "", t.text)
	}
	for _, t := range d.p.x.ticks(d.columns()) {
		x := d.x(t.at)
		if d.p.x.names == nil {
			fmt.Fprintf(d, `<path class="grid" d="M%s %sV%s"/>`, px(x), px(d.top), px(d.bottom))
		}
		anchor := "middle"
		if half := textWidth(t.text) / 2; x+half > d.size.width {
			x, anchor = d.size.width-1, "end"
		}
		d.text(x, d.bottom+16, anchor, "", t.text)
	}
	fmt.Fprintf(d, `<path class="axis" d="M%s %sH%s"/>`, px(d.left), px(d.bottom), px(d.right))
	d.text(1, 13, "start", "name", d.p.y.title())
	if d.p.x.label != "" {
		d.text(d.right, d.bottom+34, "end", "name", d.p.x.title())
	}
}

func (d *drawing) drawLine(i int, s series) {
	var path strings.Builder
	pen, last := "M", ""
	for _, p := range thin(s.points, int(2*d.size.width)) {
		if !finite(p.x) || !finite(p.y) {
			pen = "M"
			continue
		}
		x, y := px(d.x(p.x)), px(d.y(p.y))
		switch {
		case pen == "M":
			path.WriteString("M" + x + " " + y)
			pen = "L"
		case s.shape == steps && y == last:
			path.WriteString("H" + x)
		case s.shape == steps:
			path.WriteString("H" + x + "V" + y)
		default:
			path.WriteString("L" + x + " " + y)
		}
		last = y
		if s.shape == dotted {
			fmt.Fprintf(d, `<circle class="dot c%d" cx="%s" cy="%s" r="3.5"/>`, i%colours, x, y)
		}
	}
	if path.Len() > 0 {
		fmt.Fprintf(d, `<path class="line c%d" d="%s"/>`, i%colours, path.String())
	}
}

func (d *drawing) drawBars(i int, s series) {
	groups := max(d.p.x.hi-d.p.x.lo, 1)
	room := (d.right - d.left) / groups * 0.8
	thick := room / float64(len(d.p.series))
	for _, p := range s.points {
		if !finite(p.x) || !finite(p.y) {
			continue
		}
		x, y := d.x(p.x)-room/2+thick*float64(i), d.y(p.y)
		fmt.Fprintf(d, `<rect class="bar c%d" x="%s" y="%s" width="%s" height="%s"/>`,
			i%colours, px(x), px(y), px(max(thick-0.5, 0.5)), px(d.bottom-y))
	}
}

// text writes s with its base line at y. class may be empty.
func (d *drawing) text(x, y float64, anchor, class, s string) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	fmt.Fprintf(d, `<text x="%s" y="%s" text-anchor="%s"%s>%s</text>`, px(x), px(y), anchor, class, html.EscapeString(s))
}

// textWidth is what s may need, in pixels.
func textWidth(s string) float64 { return float64(utf8.RuneCountInString(s)) * letter }

// px writes a coordinate, to a tenth of a pixel.
func px(v float64) string {
	s := strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
	if s == "-0" {
		return "0"
	}
	return s
}
