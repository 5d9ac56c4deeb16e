package report

import (
	"math"
	"slices"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/sizing"
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
	{"delivery p99.9", lower, millis, func(r result.Result) float64 { return observed(r.Latency, r.Latency.P999MS) }},
	{"slowest delivery", lower, millis, func(r result.Result) float64 { return observed(r.Latency, r.Latency.MaxMS) }},
	{"delivered", higher, portion, func(r result.Result) float64 { return share(total(r)) }},
	{"reported lost", lower, inPieces, func(r result.Result) float64 { return float64(total(r).ReportedLost) }},
	{"not offered", lower, inPieces, func(r result.Result) float64 { return float64(total(r).ReceiverDown + total(r).ReceiverUnknown) }},
	{"not published", lower, inPieces, func(r result.Result) float64 { return float64(total(r).Unpublished) }},
	{"servers that were down", lower, inPieces, func(r result.Result) float64 { return float64(r.Availability.Down) }},
	{"disconnects of clients", lower, inPieces, func(r result.Result) float64 { return float64(r.Availability.Users.Disconnects) }},
	{"late", lower, inPieces, func(r result.Result) float64 { return float64(total(r).Late) }},
	{"repaired", lower, inPieces, func(r result.Result) float64 { return float64(total(r).Repaired) }},
	{"sent by each server", lower, inBitRate, func(r result.Result) float64 { return trafficOf(r).Sent }},
	{"sent by the busiest", lower, inBitRate, func(r result.Result) float64 { return trafficOf(r).BusiestSent }},
	{"amplification", lower, times, func(r result.Result) float64 { return positive(trafficOf(r).Amplification) }},
	{"duplicates on the topic", lower, inPieces, func(r result.Result) float64 { return float64(r.Gossip.Duplicates) }},
	{"window of a server", lower, inMemory, func(r result.Result) float64 { return float64(trafficOf(r).Window) }},
	{"use of the busiest line", lower, portion, func(r result.Result) float64 { return r.Bottleneck.Peak }},
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

func trafficOf(r result.Result) sizing.Traffic { return sizing.TrafficOf(&r) }

func inPieces(v float64) string  { return digits(v) }
func inBitRate(v float64) string { return sizing.BitRate(v) }
func inMemory(v float64) string  { return amount(v, memoryUnits) }

// observed is a figure of l, or NaN if l has no observations.
func observed(l result.Latency, ms float64) float64 {
	if l.Count == 0 {
		return math.NaN()
	}
	return ms
}

// some reports whether f is above zero in any outcome.
func (f keyFigure) some(outcomes []Outcome) bool {
	for _, o := range outcomes {
		if _, _, high, ok := o.bounds(f); ok && high > 0 {
			return true
		}
	}
	return false
}

// differs reports whether f is not the same in all outcomes.
func (f keyFigure) differs(outcomes []Outcome) bool {
	low, middle, high, ok := outcomes[0].bounds(f)
	return slices.ContainsFunc(outcomes, func(o Outcome) bool {
		l, m, h, has := o.bounds(f)
		return has != ok || l != low || m != middle || h != high
	})
}

// share returns the share of wanted deliveries that arrived, or NaN if none was wanted.
func share(a result.Account) float64 {
	if a.Wanted() == 0 {
		return math.NaN()
	}
	return float64(a.Delivered) / float64(a.Wanted())
}

// noise is up to what share of a figure a difference says nothing.
const noise = 0.01

// A difference is the relation of a figure in one outcome to the same figure in another.
type difference int

const (
	same         difference = iota // to within noise
	insideSpread                   // the ranges of their runs overlap
	better
	worsened
)

// compare returns the relation of o to base in f. The ranges of several seeds must not
// overlap, or the difference is inside the spread.
func (f keyFigure) compare(base, o Outcome) difference {
	low, was, high, ok := base.bounds(f)
	l, is, h, has := o.bounds(f)
	switch {
	case !ok || !has || math.Abs(is-was) <= noise*math.Abs(was):
		return same
	case (base.several() || o.several()) && l <= high && low <= h:
		return insideSpread
	case (is-was)*float64(f.better) > 0:
		return better
	}
	return worsened
}

// against returns the change from base to o as text, with a class for better or worse.
func (f keyFigure) against(base, o Outcome) cell {
	_, was, _, ok := base.bounds(f)
	_, is, _, has := o.bounds(f)
	if !ok || !has {
		return cell{Text: none}
	}
	c := cell{Text: change(was, is)}
	switch f.compare(base, o) {
	case insideSpread:
		c = cell{c.Text + ", inside the spread", "soft"}
	case better:
		c.Class = "good"
	case worsened:
		c.Class = "warn"
	}
	return c
}
