//go:build linux

package main

import (
	"slices"
	"time"
)

// A Spread is what came out of several rounds.
type Spread struct{ Median, Min, Max float64 }

func spreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	slices.Sort(values)
	n := len(values)
	return Spread{(values[(n-1)/2] + values[n/2]) / 2, values[0], values[n-1]}
}

// A Row is one figure of one contestant over all rounds. Times are in microseconds.
type Row struct {
	Figure, Contestant string
	Rounds             int
	PerServer          Spread // messages a second and publishing server
	P50, P99, P999     Spread
	CPU                Spread // for each message, all processes together
	Wire               Spread // bytes written for each message, all processes together
	Refused, Missing   int
	Others             float64 // cores used by other programs meanwhile, on average
	latency            bool
}

func rowOf(f figure, contestant string, results []Result) Row {
	row := Row{Figure: f.name, Contestant: contestant, Rounds: len(results), latency: f.latency}
	spread := func(of func(Result) float64) Spread {
		var values []float64
		for _, r := range results {
			values = append(values, of(r))
		}
		return spreadOf(values)
	}
	quantile := func(q float64) Spread {
		return spread(func(r Result) float64 { return micros(r.Latency.quantile(q)) })
	}
	row.PerServer = spread(func(r Result) float64 { return r.PerServer })
	row.P50, row.P99, row.P999 = quantile(0.5), quantile(0.99), quantile(0.999)
	row.CPU = spread(func(r Result) float64 { return micros(r.CPU) })
	row.Wire = spread(func(r Result) float64 { return r.Wire })
	for _, r := range results {
		row.Refused += r.Refused
		row.Missing += r.Missing
		row.Others += r.Others / float64(len(results))
	}
	return row
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
