package report

import "github.com/signalmesh/signalmesh/simulations/result"

// faultsTable lists the bands of the plots under their numbers, and how late deliveries were
// because of each.
func faultsTable(r result.Result) table {
	t := table{
		Title: "Faults",
		Text:  "As numbered in the plots, with the times of the messages published while each lasted (for one without a length: in the 5 s after it). Healed: from its end until all that it held up was delivered.",
		Words: 0, Head: []string{"fault", "from", "to", "lasted", "p50 meanwhile", "p99 meanwhile", "slowest", "healed after"},
	}
	for i, f := range r.Faults {
		to, lasted := at(f.EndSeconds), span(f.EndSeconds-f.BeginSeconds)
		if f.EndSeconds <= f.BeginSeconds {
			to, lasted = none, none
		}
		t.Rows = append(t.Rows, plainRow(band{label: f.Label}.named(i), at(f.BeginSeconds), to, lasted,
			timeOf(f.Latency, f.Latency.P50MS), timeOf(f.Latency, f.Latency.P99MS), timeOf(f.Latency, f.Latency.MaxMS), timeOf(f.Heal, f.Heal.MaxMS)))
	}
	return t
}

// linesTable shows the bandwidth that connections between regions used, and the bytes that
// crossed from one region to another.
func linesTable(r result.Result) table {
	t := table{
		Title: "Between regions", Words: 0,
		Text: "Bytes that were sent while the load ran, and deliveries. Idle: the traffic when nothing is published. Line: how much of the bandwidth of one connection was used in its busiest second, and on average; only links with a bandwidth have one.",
		Head: []string{"from, to", "bytes", "deliveries", "idle", "line"},
	}
	for _, c := range r.Traffic {
		line := none
		for _, p := range r.Paths {
			if p.From == c.From && p.To == c.To {
				line = usage(p.Busiest)
			}
		}
		t.Rows = append(t.Rows, plainRow(c.From+" to "+c.To, volume(c.Bytes), count(c.Deliveries), amount(c.IdleBitsPerSecond, bitRateUnits), line))
	}
	return t
}
