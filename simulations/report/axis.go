package report

import (
	"cmp"
	"math"
)

// An axis is one side of a plot: its ends in the figures' own base (seconds,
// bytes, pieces) and the unit its ticks are told in.
type axis struct {
	label  string
	lo, hi float64
	log    bool // if so, lo is above zero
	unit   unit
	text   func(v float64) string // writes a tick; nil means as a multiple of unit
	names  []string               // if any: the ticks are 0, 1, … and are called so
}

// The ends of axes are within these, so that their ticks are figures that can
// be written. What is beyond is drawn at the end of its axis.
const (
	tiniest = 1e-12
	largest = 1e21 // more than a uint64
)

// A tick is a figure told at an axis.
type tick struct {
	at   float64
	text string
}

// upTo returns a linear axis from zero to at least most, its end a round figure
// in the unit of units that fits.
func upTo(label string, most float64, units []unit) axis {
	if !finite(most) || most <= 0 {
		most = units[0].size
		if units[0].size < 1 {
			most = 1e-3 // nothing is told on this axis; a millisecond is a modest end
		}
	}
	most = min(max(most, tiniest), largest)
	u := unitFor(most, 1, units)
	step := roundStep(most/u.size, 4)
	if step == 0 {
		return axis{label: label, hi: most, unit: u}
	}
	return axis{label: label, hi: math.Ceil(most/u.size/step-1e-9) * step * u.size, unit: u}
}

// between returns a logarithmic axis around lo to hi, told by text. What is not
// above zero has no place on it.
func between(label string, lo, hi float64, text func(float64) string) axis {
	if !(lo > 0) || !finite(lo) {
		lo = 1e-4 // a modest place for nothing
	}
	lo = min(max(lo, tiniest), largest)
	lo, hi = logEnds(lo, min(max(hi, lo), largest))
	return axis{label: label, lo: lo, hi: hi, log: true, text: text, unit: pieces[0]}
}

// clock returns the axis of virtual time, in seconds.
func clock(from, to float64) axis {
	if !(from > -largest) || !(to < largest) || to-from < tiniest {
		from, to = 0, 1
	}
	return axis{label: "virtual time", lo: from, hi: to, unit: unitFor(to-from, 3, clockUnits)}
}

// at returns the place of v from 0 (the axis' start) to 1 (its end).
func (a axis) at(v float64) float64 {
	lo, hi := a.lo, a.hi
	if a.log {
		lo, hi, v = math.Log(lo), math.Log(hi), math.Log(max(v, a.lo))
	}
	if !(hi > lo) || !finite(v) {
		return 0
	}
	return (min(max(v, lo), hi) - lo) / (hi - lo)
}

// title is the axis' label with its unit.
func (a axis) title() string {
	if a.unit.name == "" || a.text != nil {
		return a.label
	}
	return a.label + " (" + a.unit.name + ")"
}

// ticks returns at most n+1 ticks, or one for each name.
func (a axis) ticks(n int) []tick {
	if a.names != nil {
		return a.named(n)
	}
	size := cmp.Or(a.unit.size, 1)
	lo, hi := a.lo/size, a.hi/size
	figures := roundTicks(lo, hi, n)
	if a.log {
		figures = logTicks(lo, hi, n)
	}
	ticks := make([]tick, len(figures))
	for i, v := range figures {
		ticks[i].at = v * size
		if a.text != nil {
			ticks[i].text = a.text(v * size)
		} else {
			ticks[i].text = tickText(v, roundStep(hi-lo, n))
		}
	}
	return ticks
}

// named returns a tick for each name, or for every so many if there are more
// than n.
func (a axis) named(n int) []tick {
	skip := (len(a.names) + n - 1) / max(n, 1)
	var ticks []tick
	for i := 0; i < len(a.names); i += max(skip, 1) {
		ticks = append(ticks, tick{at: float64(i), text: a.names[i]})
	}
	return ticks
}
