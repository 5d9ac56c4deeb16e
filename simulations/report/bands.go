package report

import (
	"cmp"
	"fmt"
	"html"
	"slices"
)

// A placed label stands over its band or mark, on one of the lanes, lowest first.
type placed struct {
	x    float64
	text string
	lane int
	mark point // that it is led to, if it is the word of a mark
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

// placeMarks finds room for the words of the marks, above the plot too, where no curve
// can touch them, and says how many lanes they take. Each stands at the left of the line
// that leads to its mark. From left to right, a word is above all that it would touch, so
// that no line crosses one.
func (d *drawing) placeMarks() (labels []placed, used int) {
	marks := slices.Clone(d.p.marks)
	slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(a.x, b.x) })
	for _, m := range marks {
		if !finite(m.x) || !finite(m.y) {
			continue
		}
		width := textWidth(m.label)
		l := placed{x: max(d.x(m.x)-width-3, 0), text: m.label, mark: m.point}
		for _, other := range labels {
			if l.x < other.x+textWidth(other.text)+letter {
				l.lane = max(l.lane, other.lane+1)
			}
		}
		labels = append(labels, l)
		used = max(used, l.lane+1)
	}
	return labels, used
}

// drawMarks leads each word to its mark, over everything else.
func (d *drawing) drawMarks() {
	for _, l := range d.words {
		x, y := d.x(l.mark.x), d.y(l.mark.y)
		at := d.top - 7 - lane*float64(l.lane)
		fmt.Fprintf(d, `<path class="lead" d="M%s %sV%s"/><circle class="mark" cx="%s" cy="%s" r="4"/>`, px(x), px(at-9), px(y), px(x), px(y))
		d.text(l.x, at, "start", "word", l.text)
	}
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

// drawBands shades what each fault lasted, with a line where it ends, under everything else.
func (d *drawing) drawBands() {
	for _, b := range d.p.bands {
		if from, to := d.x(b.from), d.x(b.to); to-from >= 1 {
			fmt.Fprintf(d, `<rect class="band" x="%s" y="%s" width="%s" height="%s"/>`, px(from), px(d.top), px(to-from), px(d.bottom-d.top))
			fmt.Fprintf(d, `<path class="over" d="M%s %sV%s"/>`, px(to), px(d.top), px(d.bottom))
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
