package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// mostBars is up to how many servers have bars of their own.
const mostBars = 40

// latencyPlot shows which share of the deliveries took at most how long, for
// all and for each road.
func latencyPlot(r result.Result) plot {
	p := plot{title: "Delivery latency", text: "Share of the deliveries that took at most the time below, on the network alone."}
	lo, hi := math.Inf(1), 0.0
	add := func(name string, l result.Latency) {
		s := series{name: name, shares: true}
		for _, c := range l.CDF {
			if c.MS > 0 {
				lo, hi = min(lo, c.MS/1e3), max(hi, c.MS/1e3)
			}
			s.points = append(s.points, point{c.MS / 1e3, 100 * c.Share})
		}
		if len(s.points) > 0 && len(p.series) < colours {
			first := s.points[0]
			s.points = append([]point{{first.x, 0}}, s.points...)
			p.series = append(p.series, s)
		}
	}
	add("all", r.Latency)
	if len(r.Roads) > 1 {
		for _, road := range r.Roads {
			add(road.Name, road.Latency)
		}
	}
	p.x = between("delivery latency, logarithmic", lo, hi, inSeconds)
	p.y = axis{label: "share of deliveries", hi: 100, unit: unit{"%", 1}}
	if r.Latency.Count == 0 {
		return p
	}
	for _, q := range []struct {
		name      string
		share, ms float64
	}{{"p50", 50, r.Latency.P50MS}, {"p90", 90, r.Latency.P90MS}, {"p99", 99, r.Latency.P99MS}, {"p99.9", 99.9, r.Latency.P999MS}} {
		p.marks = append(p.marks, mark{point{q.ms / 1e3, q.share}, q.name + " " + millis(q.ms)})
	}
	p.text += fmt.Sprintf(" Half took at most %s, 99 of 100 at most %s, the slowest %s.",
		millis(r.Latency.P50MS), millis(r.Latency.P99MS), millis(r.Latency.MaxMS))
	return p
}

// inSeconds writes a time given in seconds, millis one in milliseconds.
func inSeconds(s float64) string { return amount(s, durationUnits) }
func millis(ms float64) string   { return inSeconds(ms / 1e3) }

// A reading takes one figure from a sample; NaN where there is none. when is its
// place within the second.
type reading struct {
	name string
	when float64
	of   func(result.Sample) float64
}

// Where the figures of a second stand: what happened within it at its middle,
// what is counted at its end there.
const (
	within = 0.5
	atEnd  = 1.0
)

// overTime shows readings of the timeline, with the faults as bands.
func overTime(r result.Result, title string, units []unit, label string, readings ...reading) plot {
	p := plot{title: title}
	most := 0.0
	for _, read := range readings {
		s := series{name: read.name}
		for _, sample := range r.Timeline {
			y := read.of(sample)
			if finite(y) {
				most = max(most, y)
			}
			s.points = append(s.points, point{float64(sample.Second) + read.when, y})
		}
		p.series = append(p.series, s)
	}
	p.text = fmt.Sprintf("The most is %s.", amount(most, units))
	from, to := 0.0, r.VirtualSeconds
	if len(r.Timeline) > 0 {
		from, to = float64(r.Timeline[0].Second), float64(r.Timeline[len(r.Timeline)-1].Second+1)
	}
	p.x, p.y = clock(from, to), upTo(label, most, units)
	for _, f := range r.Faults {
		p.bands = append(p.bands, band{f.BeginSeconds, f.EndSeconds, f.Label})
	}
	return p
}

// timelinePlots show what was published, delivered and lost, and how late, each
// on an axis of its own because they differ by orders of magnitude.
func timelinePlots(r result.Result) []plot {
	plots := []plot{
		overTime(r, "Messages delivered over time", pieces, "delivered per second",
			reading{"delivered", within, func(s result.Sample) float64 { return float64(s.Delivered) }}),
		overTime(r, "Messages published over time", pieces, "published per second",
			reading{"published", within, func(s result.Sample) float64 { return float64(s.Published) }}),
		lateness(r),
	}
	if slices.ContainsFunc(r.Timeline, func(s result.Sample) bool { return s.Lost > 0 }) {
		plots = append(plots, overTime(r, "Deliveries reported lost over time", pieces, "reported lost per second",
			reading{"lost", within, func(s result.Sample) float64 { return float64(s.Lost) }}))
	}
	return plots
}

// lateness shows the p99 of each second, broken where nothing was delivered.
func lateness(r result.Result) plot {
	p := overTime(r, "Delivery latency over time, p99", durationUnits, "delivery latency p99, logarithmic",
		reading{"p99", within, func(s result.Sample) float64 { return positive(s.P99MS / 1e3) }})
	lo, hi := math.Inf(1), 0.0
	for _, s := range p.series[0].points {
		if finite(s.y) {
			lo, hi = min(lo, s.y), max(hi, s.y)
		}
	}
	p.y = between(p.y.label, lo, hi, inSeconds)
	return p
}

// meshPlots show how connected the mesh was, and what it kept and sent.
func meshPlots(r result.Result) []plot {
	return []plot{
		overTime(r, "Members over time", pieces, "other servers, as the least informed one counts them",
			reading{"counted", atEnd, func(s result.Sample) float64 { return float64(s.Members) }},
			reading{"living", atEnd, func(s result.Sample) float64 { return float64(max(s.Living-1, 0)) }}),
		overTime(r, "Direct links over time", pieces, "direct links, each counted once",
			reading{"links", atEnd, func(s result.Sample) float64 { return float64(s.Links) }}),
		overTime(r, "Memory of replay windows over time", memoryUnits, "memory of all replay windows",
			reading{"memory", atEnd, func(s result.Sample) float64 { return float64(s.WindowBytes) }}),
		overTime(r, "Traffic over time", bitRateUnits, "sent by all servers",
			reading{"sent", within, func(s result.Sample) float64 { return 8 * float64(s.SentBytes) }}),
	}
}

// serversPlot shows what each server sent and received: a pair of bars each, or
// two lines of ranks when there are many.
func serversPlot(r result.Result) plot {
	sent, received := series{name: "sent", shape: bars}, series{name: "received", shape: bars}
	most := 0.0
	names := make([]string, len(r.Servers))
	for i, s := range r.Servers {
		names[i] = s.Name
		most = max(most, float64(s.SentBytes), float64(s.ReceivedBytes))
		sent.points = append(sent.points, point{float64(i), float64(s.SentBytes)})
		received.points = append(received.points, point{float64(i), float64(s.ReceivedBytes)})
	}
	p := plot{
		title: "Bytes of each server",
		text:  "What each server sent to and received from the others while the load ran.",
		x:     axis{label: "server", lo: -0.5, hi: float64(max(len(names), 1)) - 0.5, names: names},
		y:     upTo("bytes", most, trafficUnits),
	}
	if len(names) > mostBars {
		rank(&sent)
		rank(&received)
		p.text += " The servers stand in order of their bytes, the busiest first, for each line on its own."
		p.x = axis{label: "servers, the busiest first", lo: 1, hi: float64(len(names)), unit: pieces[0]}
	}
	p.series = []series{sent, received}
	return p
}

// rank makes of s a line of its figures in falling order, counted from 1.
func rank(s *series) {
	s.shape = steps
	slices.SortStableFunc(s.points, func(a, b point) int { return cmp.Compare(b.y, a.y) })
	for i := range s.points {
		s.points[i].x = float64(i + 1)
	}
}

// positive is v, or NaN if it is not above zero.
func positive(v float64) float64 {
	if v > 0 {
		return v
	}
	return math.NaN()
}
