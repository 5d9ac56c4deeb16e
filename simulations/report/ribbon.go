package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// gridPoints is how many points a distribution has when those of several runs are merged.
const gridPoints = 160

// mergePlots makes one plot of those of several runs: each series is the median of the runs
// at each x, with the least and the most around it.
func mergePlots(plots []plot) plot {
	merged := plots[0]
	merged.series = nil
	for _, p := range plots {
		merged.x, merged.y = wider(merged.x, p.x), wider(merged.y, p.y)
	}
	for _, s := range plots[0].series {
		var of [][]point
		for _, p := range plots {
			if i := slices.IndexFunc(p.series, func(o series) bool { return o.name == s.name }); i >= 0 {
				of = append(of, p.series[i].points)
			}
		}
		if s.shares {
			for i := range of {
				of[i] = onGrid(of[i], merged.x)
			}
		}
		merged.series = append(merged.series, s.ribbon(of))
	}
	merged.marks = mergeMarks(plots)
	var texts [][]string
	for _, p := range plots {
		texts = append(texts, []string{p.text})
	}
	merged.text = strings.Join(mergeSentences(texts), " ") + fmt.Sprintf(" Shaded: the range of %d runs around their median.", len(plots))
	return merged
}

// ribbon returns s as the median of several runs, with the range of those that have a figure.
func (s series) ribbon(runs [][]point) series {
	values := map[float64][]float64{}
	for _, points := range runs {
		for _, p := range points {
			if finite(p.y) {
				values[p.x] = append(values[p.x], p.y)
			} else if values[p.x] == nil {
				values[p.x] = []float64{}
			}
		}
	}
	s.points, s.low, s.high = nil, nil, nil
	for _, x := range slices.Sorted(maps.Keys(values)) {
		low, middle, high := math.NaN(), math.NaN(), math.NaN()
		if len(values[x]) > 0 {
			low, middle, high = bounds(values[x])
		}
		s.points, s.low, s.high = append(s.points, point{x, middle}), append(s.low, point{x, low}), append(s.high, point{x, high})
	}
	return s
}

// onGrid reads the shares of a distribution at places that all runs have in common.
func onGrid(points []point, x axis) []point {
	grid := make([]point, gridPoints)
	at, share := 0, 0.0
	for i := range grid {
		part := float64(i) / float64(gridPoints-1)
		place := x.lo * math.Pow(x.hi/x.lo, part)
		for at < len(points) && points[at].x <= place {
			share = points[at].y
			at++
		}
		grid[i] = point{place, share}
	}
	return grid
}

// wider returns an axis that covers a and b, in the unit of the one with the larger end.
func wider(a, b axis) axis {
	if b.hi > a.hi {
		b.lo = min(a.lo, b.lo)
		return b
	}
	a.lo = min(a.lo, b.lo)
	return a
}

// mergeMarks puts each mark at the median of the runs.
func mergeMarks(plots []plot) []mark {
	var marks []mark
	for i := range plots[0].marks {
		var xs, ys []float64
		var labels []string
		for _, p := range plots {
			if i < len(p.marks) {
				xs, ys, labels = append(xs, p.marks[i].x), append(ys, p.marks[i].y), append(labels, p.marks[i].label)
			}
		}
		_, x, _ := bounds(xs)
		_, y, _ := bounds(ys)
		label, rest, ok := strings.Cut(labels[0], " ")
		if ok {
			for i := range labels {
				_, labels[i], _ = strings.Cut(labels[i], " ")
			}
			rest = mergeCells(labels)
		}
		marks = append(marks, mark{point{x, y}, strings.TrimSpace(label + " " + rest)})
	}
	return marks
}

// drawRibbon shades the range of the runs under a line, or draws it over a bar.
func (d *drawing) drawRibbon(i int, s series) {
	if len(s.low) == 0 || len(s.low) != len(s.high) {
		return
	}
	var outline, under []string // from left to right over it, and under it
	flush := func() {
		slices.Reverse(under)
		if outline = append(outline, under...); len(outline) > 0 {
			fmt.Fprintf(d, `<path class="ribbon c%d" d="M%sZ"/>`, i%colours, strings.Join(outline, "L"))
		}
		outline, under = nil, nil
	}
	for k, low := range s.low {
		high := s.high[k]
		if !finite(low.x) || !finite(low.y) || !finite(high.y) {
			flush()
			continue
		}
		outline = append(outline, px(d.x(high.x))+" "+px(d.y(high.y)))
		under = append(under, px(d.x(low.x))+" "+px(d.y(low.y)))
	}
	flush()
}

// drawWhiskers draws the range of the runs over the bars of s.
func (d *drawing) drawWhiskers(i int, s series) {
	room := (d.right - d.left) / max(d.p.x.hi-d.p.x.lo, 1) * 0.8
	thick := room / float64(len(d.p.series))
	for k := range min(len(s.low), len(s.high)) {
		low, high := s.low[k], s.high[k]
		if finite(low.x) && finite(low.y) && finite(high.y) && high.y > low.y {
			fmt.Fprintf(d, `<path class="range" d="M%s %sV%s"/>`, px(d.x(low.x)-room/2+thick*(float64(i)+0.5)), px(d.y(low.y)), px(d.y(high.y)))
		}
	}
}
