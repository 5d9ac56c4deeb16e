package report

import (
	"math"
	"slices"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// A keyFigure is one by which runs are compared. of returns NaN if the run has
// none.
type keyFigure struct {
	name   string
	better sense
	text   func(float64) string
	of     func(result.Result) float64
}

// A sense tells which way a figure gets better.
type sense int

const (
	lower  sense = -1
	higher sense = 1
)

var keyFigures = []keyFigure{
	{"delivery p50", lower, millis, func(r result.Result) float64 { return observed(r.Latency, r.Latency.P50MS) }},
	{"delivery p99", lower, millis, func(r result.Result) float64 { return observed(r.Latency, r.Latency.P99MS) }},
	{"slowest delivery", lower, millis, func(r result.Result) float64 { return observed(r.Latency, r.Latency.MaxMS) }},
	{"delivered", higher, portion, func(r result.Result) float64 { return share(total(r)) }},
	{"reported lost", lower, inPieces, func(r result.Result) float64 { return float64(total(r).ReportedLost) }},
	{"late", lower, inPieces, func(r result.Result) float64 { return float64(total(r).Late) }},
	{"repaired", lower, inPieces, func(r result.Result) float64 { return float64(total(r).Repaired) }},
	{"sent by each server", lower, inBitRate, func(r result.Result) float64 { return measure(r).mean }},
	{"sent by the busiest", lower, inBitRate, func(r result.Result) float64 { return measure(r).busiest }},
	{"amplification", lower, times, func(r result.Result) float64 { return positive(measure(r).amplification) }},
	{"duplicates on the topic", lower, inPieces, func(r result.Result) float64 { return float64(r.Gossip.Duplicates) }},
	{"window of a server", lower, inMemory, func(r result.Result) float64 { return float64(measure(r).window) }},
	{"time to join p99", lower, millis, func(r result.Result) float64 { return observed(r.Join, r.Join.P99MS) }},
	{"time to detect p99", lower, millis, func(r result.Result) float64 { return observed(r.Detect, r.Detect.P99MS) }},
	{"time to heal p99", lower, millis, func(r result.Result) float64 { return observed(r.Heal, r.Heal.P99MS) }},
	{"promises broken", lower, inPieces, func(r result.Result) float64 { return float64(len(r.Broken)) }},
}

// growing are the figures of which a planner asks how they grow, after the
// number of servers itself.
var growing = []keyFigure{
	{"servers", lower, inPieces, func(r result.Result) float64 { return float64(r.Nodes) }},
	keyFigureOf("delivery p99"), keyFigureOf("sent by each server"), keyFigureOf("amplification"), keyFigureOf("window of a server"), keyFigureOf("time to join p99"),
}

func keyFigureOf(name string) keyFigure {
	return keyFigures[slices.IndexFunc(keyFigures, func(f keyFigure) bool { return f.name == name })]
}

func inPieces(v float64) string  { return digits(v) }
func inBitRate(v float64) string { return amount(v, bitRateUnits) }
func inMemory(v float64) string  { return amount(v, memoryUnits) }

// observed is a figure of l, or NaN if l has no observations.
func observed(l result.Latency, ms float64) float64 {
	if l.Count == 0 {
		return math.NaN()
	}
	return ms
}

// some tells whether f is above zero in any of runs: otherwise it says nothing.
func (f keyFigure) some(runs []result.Result) bool {
	for _, r := range runs {
		if f.of(r) > 0 {
			return true
		}
	}
	return false
}

// differs tells whether f is not the same in all runs.
func (f keyFigure) differs(runs []result.Result) bool {
	first := f.of(runs[0])
	return slices.ContainsFunc(runs, func(r result.Result) bool { v := f.of(r); return v != first && !(math.IsNaN(v) && math.IsNaN(first)) })
}

// share is how much of what was offered was delivered, or NaN if nothing was.
func share(a result.Account) float64 {
	if a.Offered == 0 {
		return math.NaN()
	}
	return float64(a.Delivered) / float64(a.Offered)
}

// noise is up to what share of a figure a difference says nothing.
const noise = 0.01

// against writes how v differs from base, and whether it is better or worse by
// what a reader should look at.
func (f keyFigure) against(base, v float64) cell {
	c := cell{Text: change(base, v)}
	switch difference := (v - base) * float64(f.better); {
	case difference > noise*math.Abs(base):
		c.Class = "good"
	case difference < -noise*math.Abs(base):
		c.Class = "warn"
	}
	return c
}
