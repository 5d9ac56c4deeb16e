package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// benchmarks is the page with the table.
const benchmarks = "docs/benchmarks.md"

// tableBegin and tableEnd enclose the table in the page.
const (
	tableBegin = "<!-- aspnetcore: written by make bench-dotnet RECORD=1 -->"
	tableEnd   = "<!-- /aspnetcore -->"
)

// benchRows are the rows of the table: the name, the digits after the point, and the goal
// for the ratio.
var benchRows = []struct {
	name   string
	digits int
	goal   string
}{
	{"deliveries per second, saturated", 0, "≥ 1.0"},
	{"CPU of servers and backplane for each delivery, saturated, µs", 1, "≤ 1.0"},
	{fmt.Sprintf("CPU of servers and backplane for each delivery, %d broadcasts/s, µs", benchRate), 1, "≤ 1.0"},
	{fmt.Sprintf("median latency, %d broadcasts/s, ms", benchRate), 1, ""},
	{fmt.Sprintf("p99 latency, %d broadcasts/s, ms", benchRate), 1, "≤ 0.8"},
}

// benchTable returns the table of medians, and of the ratios within a round.
func benchTable(mesh, redis []figures, clients int, took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d s. %d clients, %d servers, %d rounds.\n\n",
		time.Now().UTC().Format("2 January 2006"), int(took.Seconds()), clients, scenarioServers, len(mesh))
	b.WriteString("| Figure | mesh | redis-server | mesh / redis-server, median of the rounds (least to most) | Goal |\n|---|---:|---:|---:|---|\n")
	for i, row := range benchRows {
		var m, r, ratios []float64
		for round := range mesh {
			x, y := mesh[round].values()[i], redis[round].values()[i]
			m, r, ratios = append(m, x), append(r, y), append(ratios, x/y)
		}
		fmt.Fprintf(&b, "| %s | %.*f | %.*f | **%.2f** (%.2f to %.2f) | %s |\n",
			row.name, row.digits, median(m), row.digits, median(r), median(ratios), slices.Min(ratios), slices.Max(ratios), row.goal)
	}
	fmt.Fprintf(&b, "\nDeliveries missing at the end of the part with a fixed rate: mesh %d, redis-server %d.\n", missing(mesh), missing(redis))
	return b.String()
}

// median returns the median, the higher one of two.
func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

func missing(list []figures) (n int) {
	for _, f := range list {
		n += f.missing
	}
	return n
}

// publish prints the table, and with RECORD=1 writes it into the page.
func publish(table string) error {
	fmt.Println(table)
	if os.Getenv("RECORD") == "" {
		return nil
	}
	page, err := os.ReadFile(benchmarks)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(page), tableBegin)
	_, after, closed := strings.Cut(rest, tableEnd)
	if !found || !closed {
		return fmt.Errorf("%s: the place between %q and %q is missing", benchmarks, tableBegin, tableEnd)
	}
	return os.WriteFile(benchmarks, []byte(before+tableBegin+"\n"+table+tableEnd+after), 0o644)
}
