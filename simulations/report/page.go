package report

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/signalmesh/signalmesh/simulations/result"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// A page is all that index.html shows.
type page struct {
	Title      string
	Style      template.CSS
	StyleHash  string // the one style that the page's policy lets in
	Comparison *comparison
	Runs       []run
}

// A run is what the page shows of one result.
type run struct {
	ID, Name, Question, Origin, Command string
	Verdict                             verdict
	Answer, Broken, Sizing, Limits      []string
	Tiles                               []tile
	Latency, Timeline, Traffic, Mesh    figure
	Times, Account, Servers, Gossip     table
	Checks, Settings                    table
	Faults                              *table
}

// A tile is one key figure, with others that belong to it.
type tile struct {
	Name, Figure string
	Texts        []string
}

// writePage writes index.html. c is nil when the results are not compared.
func writePage(w io.Writer, title string, c *comparison, results []result.Result) error {
	hash := sha256.Sum256([]byte(pageCSS))
	p := page{
		Title:      title,
		Style:      template.CSS(pageCSS),
		StyleHash:  "sha256-" + base64.StdEncoding.EncodeToString(hash[:]),
		Comparison: c,
	}
	for i, r := range results {
		p.Runs = append(p.Runs, newRun(i, r))
	}
	return pageTemplate.Execute(w, p)
}

func newRun(i int, r result.Result) run {
	id := fmt.Sprintf("run%d", i+1)
	account := accountTable(r)
	account.dropEmpty("refused", "waiting", "ended") // it is wide
	shown := run{
		ID: id, Name: name(r), Question: r.Question, Origin: origin(r), Command: r.Command,
		Verdict: judge(r), Answer: answer(r), Broken: r.Broken, Sizing: r.Sizing, Limits: r.Limits,
		Tiles:    tiles(r),
		Latency:  latencyPlot(r).figure(id + "-latency"),
		Traffic:  serversPlot(r).figure(id + "-servers"),
		Timeline: stack(id+"-timeline", "Messages over time", "In each virtual second, of the whole mesh. Shaded and dashed: the faults below. Where the line of the latency is broken, nothing was delivered.", timelinePlots(r)),
		Mesh:     stack(id+"-mesh", "Links, members and memory over time", "At the end of each virtual second, of the whole mesh.", meshPlots(r)),
		Times:    latencyTable(r), Account: account, Servers: serversTable(r), Gossip: gossipTable(r.Gossip),
		Checks: checksTable(r.Checks), Settings: settingsTable(r.Settings),
	}
	if len(r.Faults) > 0 {
		t := faultsTable(r.Faults)
		shown.Faults = &t
	}
	return shown
}

// name is what a run is called among others.
func name(r result.Result) string {
	if r.Label == "" {
		return cmp.Or(r.Scenario, "a scenario without a name")
	}
	if r.Scenario == "" {
		return r.Label
	}
	return r.Scenario + ", " + r.Label
}

// origin says how the figures came about.
func origin(r result.Result) string {
	how := "mode " + r.Mode
	switch r.Mode {
	case result.Core:
		how = "core mode: the mesh's own core, once for each server, on a model of the network"
	case result.Stack:
		how = "stack mode: the whole program in virtual time, not exactly repeatable"
	}
	text := fmt.Sprintf("%s, %s, seed %d. %s of virtual time in %s", number(r.Nodes, "server", "servers"), how, r.Seed,
		span(r.VirtualSeconds), span(r.WallSeconds)) + pace(r)
	if r.Events > 0 {
		text += fmt.Sprintf(", %s events", count(r.Events))
	}
	if r.PeakMemoryBytes > 0 {
		text += fmt.Sprintf(", %s of memory", memory(r.PeakMemoryBytes))
	}
	return text + "."
}

// span writes a length of time for a reader: "10 min", "12.4 s".
func span(seconds float64) string {
	if seconds < 60 {
		return amount(seconds, durationUnits)
	}
	return at(float64(time.Duration(seconds*float64(time.Second)).Round(time.Second)) / float64(time.Second))
}

// pace tells how much faster than real time r ran, if that was measured.
func pace(r result.Result) string {
	if !(r.WallSeconds > 0) {
		return ""
	}
	return fmt.Sprintf(" (%s× real time)", digits(r.VirtualSeconds/r.WallSeconds))
}

// tiles are the key figures of r.
func tiles(r result.Result) []tile {
	t, sum := measure(r), total(r)
	all := []tile{
		{"delivery p50", timeOf(r.Latency, r.Latency.P50MS), []string{"p90 " + timeOf(r.Latency, r.Latency.P90MS)}},
		{"delivery p99", timeOf(r.Latency, r.Latency.P99MS), []string{"max " + timeOf(r.Latency, r.Latency.MaxMS)}},
		{"delivered", portion(share(sum)), []string{count(sum.Delivered) + " of " + count(sum.Offered)}},
		{"reported lost", count(sum.ReportedLost), []string{count(sum.Repaired) + " repaired", count(sum.Late) + " late"}},
		{"sent by each server", amount(t.mean, bitRateUnits), []string{"busiest " + amount(t.busiest, bitRateUnits)}},
		{"amplification", times(t.amplification), []string{"for each byte published"}},
		{"window of a server", memory(t.window), []string{"at the most"}},
	}
	for _, d := range distributions(r)[1:] {
		if l := d.of; l.Count > 0 {
			all = append(all, tile{"time to " + d.name + ", p50", millis(l.P50MS), []string{"p99 " + millis(l.P99MS), "max " + millis(l.MaxMS)}})
		}
	}
	return all
}

// timeOf is a figure of l, or none if l has no observations.
func timeOf(l result.Latency, ms float64) string {
	if l.Count == 0 {
		return none
	}
	return millis(ms)
}
