package report

import "math"

// A plot is one picture: series over two axes, with bands and marks that say
// what happened.
type plot struct {
	title  string // what it shows
	text   string // one or two sentences for who does not see it, and for who does
	x, y   axis
	series []series // at most as many as there are colours
	bands  []band
	marks  []mark

	left  float64 // the least room at the left, so that plots in a stack line up
	brief bool    // bands have only their numbers: a plot above has the words
}

// colours is how many series can be told apart; report.css has as many.
const colours = 6

// A series is one line, or one colour of bars.
type series struct {
	name   string
	points []point
	shape  shape
	shares bool // a distribution: y is the share of deliveries with a time of x or less

	low, high []point // of several runs, around points; nil if it is one
}

// A point whose y is not finite breaks the line: there was nothing to measure.
type point struct{ x, y float64 }

// A shape is how a series is drawn.
type shape int

const (
	line   shape = iota // straight from point to point
	steps               // a figure holds until the next
	dotted              // a line with a dot at each point, for few points
	bars                // a bar at each x; those of several series stand side by side
)

// A band is a fault: it marks what it lasted, from 0 to the axis' end.
type band struct {
	from, to float64
	label    string
}

// A mark is a point with a word.
type mark struct {
	point
	label string
}

// thin returns at most about n of the points of a line, with the lowest and the
// highest of each stretch, so that no peak is lost.
func thin(points []point, n int) []point {
	if len(points) <= n || n < 4 {
		return points
	}
	stretch := (len(points)*4 + n - 1) / n // four of each stretch stay
	kept := make([]point, 0, n+4)
	for at := 0; at < len(points); at += stretch {
		part := points[at:min(at+stretch, len(points))]
		keep := [4]int{0, 0, 0, len(part) - 1}
		for i, p := range part {
			if p.y < part[keep[1]].y || math.IsNaN(part[keep[1]].y) {
				keep[1] = i
			}
			if p.y > part[keep[2]].y || math.IsNaN(part[keep[2]].y) {
				keep[2] = i
			}
		}
		if keep[1] > keep[2] {
			keep[1], keep[2] = keep[2], keep[1]
		}
		last := -1
		for _, i := range keep {
			if i > last {
				kept, last = append(kept, part[i]), i
			}
		}
	}
	return kept
}
