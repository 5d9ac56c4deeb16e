package report

import (
	"fmt"
	"html"
)

// A placed label stands over its band, on one of the lanes, lowest first.
type placed struct {
	x    float64
	text string
	lane int
}

// worded is up to how many bands have words in the plot, and not numbers alone.
const worded = 8

// place finds room for the labels of the bands and says how many lanes they
// take. A label that does not fit is cut down to its number; the list under the
// plot has all in full.
func (d *drawing) place() (labels []placed, used int) {
	var taken [lanes]float64 // where the last label of each lane ends
	for i, b := range d.p.bands {
		at, number := d.x(b.from), fmt.Sprint(i+1)
		for _, text := range []string{b.named(i), number} {
			if text != number && (d.p.brief || len(d.p.bands) > worded) {
				continue
			}
			width := textWidth(text)
			x := min(at, d.right-width)
			free := freeLane(taken[:], x)
			if free < 0 || x < 0 || (x < at-40 && text != number) {
				continue
			}
			labels = append(labels, placed{x: x, text: text, lane: free})
			taken[free] = x + width + letter
			used = max(used, free+1)
			break
		}
	}
	return labels, used
}

// freeLane returns the first lane that is free from x on, or -1.
func freeLane(taken []float64, x float64) int {
	for lane, end := range taken {
		if end <= x {
			return lane
		}
	}
	return -1
}

// drawBands shades what each fault lasted, under everything else.
func (d *drawing) drawBands() {
	for _, b := range d.p.bands {
		if from, to := d.x(b.from), d.x(b.to); to-from >= 1 {
			fmt.Fprintf(d, `<rect class="band" x="%s" y="%s" width="%s" height="%s"/>`, px(from), px(d.top), px(to-from), px(d.bottom-d.top))
		}
	}
}

// drawFaults marks where each fault begins, over the grid.
func (d *drawing) drawFaults() {
	for i, b := range d.p.bands {
		fmt.Fprintf(d, `<path class="fault" d="M%s %sV%s"><title>%s</title></path>`, px(d.x(b.from)), px(d.top-3), px(d.bottom), html.EscapeString(b.named(i)))
	}
	for _, l := range d.labels {
		d.text(l.x, d.top-7-lane*float64(l.lane), "start", "word", l.text)
	}
}

// named is the label of the band with its number, which starts at 1.
func (b band) named(i int) string { return fmt.Sprintf("%d %s", i+1, b.label) }
