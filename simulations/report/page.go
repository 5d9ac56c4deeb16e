package report

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/sizing"
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

// A run is the part of the page for one outcome.
type run struct {
	ID, Name, Question, Origin, Command string
	Verdict                             verdict
	Answer, Broken, Sizing, Limits      []string
	Tiles                               []tile
	Latency, Timeline, Traffic, Mesh    figure
	Tables                              map[string]table
}

// A tile is one key figure, with others that belong to it.
type tile struct {
	Name, Figure string
	Texts        []string
}

// writePage writes index.html. c is nil when the outcomes are not compared.
func writePage(w io.Writer, title string, c *comparison, outcomes []Outcome) error {
	hash := sha256.Sum256([]byte(pageCSS))
	p := page{
		Title:      title,
		Style:      template.CSS(pageCSS),
		StyleHash:  "sha256-" + base64.StdEncoding.EncodeToString(hash[:]),
		Comparison: c,
	}
	for i, o := range outcomes {
		p.Runs = append(p.Runs, newRun(i, o))
	}
	return pageTemplate.Execute(w, p)
}

func newRun(i int, o Outcome) run {
	id := fmt.Sprintf("run%d", i+1)
	account := o.table(accountTable)
	account.dropEmpty("published", "wanted deliveries", "not offered (receiver down)", "offered", "delivered", "· late", "· repaired", "reported lost", "waiting", "ended", "unaccounted", "duplicates", "out of order", "balances")
	shown := run{
		ID: id, Name: name(o.Result), Question: o.Question, Origin: origin(o.Result), Command: o.failing().Command,
		Verdict: o.verdict(), Answer: append(o.method(), o.sentences(answer)...), Broken: o.failing().Broken,
		Sizing: o.sentences(func(r result.Result) []string { return r.Sizing }), Limits: o.Limits,
		Tiles:    o.tiles(),
		Latency:  o.plot(latencyPlot).figure(id + "-latency"),
		Traffic:  o.plot(serversPlot).figure(id + "-servers"),
		Timeline: stack(id+"-timeline", "Messages over time", "In each virtual second, of the whole mesh. Shaded and dashed: the faults below. Where the line of the latency is broken, nothing was delivered.", o.plots(timelinePlots)),
		Mesh:     stack(id+"-mesh", "Links, members and memory over time", "At the end of each virtual second, of the whole mesh.", o.plots(meshPlots)),
		Tables:   map[string]table{"account": account},
	}
	for name, show := range map[string]func(result.Result) table{
		"users": usersTable, "expected": expectedTable, "times": latencyTable, "parts": partsTable, "faults": faultsTable, "servers": serversTable,
		"lines": linesTable, "gossip": gossipTable, "checks": checksTable, "settings": settingsTable,
	} {
		shown.Tables[name] = o.table(show)
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

// tiles are the key figures, availability first.
func (o Outcome) tiles() []tile {
	if !o.several() {
		return tiles(o.Result)
	}
	var merged []tile
	for _, t := range tiles(o.Result) {
		var figures []string
		texts := make([][]string, len(t.Texts))
		for _, r := range o.runs {
			for _, other := range tiles(r) {
				if other.Name != t.Name {
					continue
				}
				figures = append(figures, other.Figure)
				for i := range texts {
					texts[i] = append(texts[i], other.Texts[i])
				}
			}
		}
		t.Figure = mergeCells(figures)
		for i := range texts {
			t.Texts[i] = mergeCells(texts[i])
		}
		if figure, spread, ok := strings.Cut(t.Figure, " ("); ok { // the range is small
			spread, unit, _ := strings.Cut(spread, ")")
			t.Figure, t.Texts = figure+unit, append([]string{"range " + spread}, t.Texts...)
		}
		merged = append(merged, t)
	}
	return merged
}

func tiles(r result.Result) []tile {
	t, sum, a := sizing.TrafficOf(&r), total(r), r.Availability
	all := []tile{
		{"delivered", portion(share(sum)), []string{count(sum.Delivered) + " of " + count(sum.Wanted()) + " wanted"}},
		{"servers down", count(a.Down), []string{"of " + count(a.Servers), count(a.DownAtEnd) + " not back"}},
		{"users disconnected", count(a.Users.Disconnects), []string{"longest away " + timeOf(a.Users.Away, a.Users.Away.MaxMS)}},
		{"reported lost", count(sum.ReportedLost), []string{count(sum.Repaired) + " repaired", count(sum.Late) + " late"}},
		{"delivery p50", timeOf(r.Latency, r.Latency.P50MS), []string{"p90 " + timeOf(r.Latency, r.Latency.P90MS)}},
		{"delivery p99", timeOf(r.Latency, r.Latency.P99MS), []string{"p99.9 " + timeOf(r.Latency, r.Latency.P999MS), "max " + timeOf(r.Latency, r.Latency.MaxMS)}},
		{"sent by each server", sizing.BitRate(t.Sent), []string{"busiest " + sizing.BitRate(t.BusiestSent)}},
		{"amplification", times(t.Amplification), []string{"for each byte published"}},
		{"window of a server", memory(t.Window), []string{"at the most"}},
	}
	if b := r.Bottleneck; b.Name != "" {
		all = append(all, tile{"busiest line", portion(b.Peak), []string{b.Name, portion(b.Mean) + " on average"}})
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
