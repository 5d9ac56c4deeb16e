package report

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/result"
)

func TestTextsOfSeveralRunsHaveTheMedianAndTheRange(t *testing.T) {
	for want, texts := range map[string][]string{
		"All 6,000 arrived.":                        {"All 6,000 arrived.", "All 6,000 arrived.", "All 6,000 arrived."},
		"All 6,000 (5,000–7,000) arrived.":          {"All 6,000 arrived.", "All 5,000 arrived.", "All 7,000 arrived."},
		"at most 950 µs (900 µs–1.1 ms), 99 of 100": {"at most 900 µs, 99 of 100", "at most 1.1 ms, 99 of 100", "at most 950 µs, 99 of 100"},
		"sends 1 Mbit/s (980 kbit/s–1.02 Mbit/s).":  {"sends 980 kbit/s.", "sends 1.02 Mbit/s."},
		"81.5 (80–83) % of it":                      {"80 % of it", "83 % of it", "81.5 % of it"},
		"after 1 min 30 s (59 s–2 min).":            {"after 59 s.", "after 1 min 30 s.", "after 2 min 0 s."},
		"window 2 MiB (1–3)":                        {"window 1 MiB", "window 3 MiB"},
		"39.1 (38–40)×":                             {"38×", "40×", "39.1×"},
		"node-3 up":                                 {"node-3 up", "node-3 up"},
		"node-3 (not the same in all runs) up":      {"node-3 up", "node-5 up"},
		"(58.3 (50–60) %)":                          {"(50 %)", "(60 %)", "(58.3 %)"},
		"64MiB for 2m0s, kept 8s":                   {"64MiB for 2m0s, kept 8s", "64MiB for 2m0s, kept 8s"},
		"2 (1–3) deliveries were lost":              {"1 delivery was lost", "3 deliveries were lost", "2 deliveries were lost"},
		"3.5 (3–4) of 10 servers":                   {"3 of 10 servers", "4 of 10 servers"},
	} {
		require.Equal(t, skeleton(texts[0]), skeleton(texts[len(texts)-1]), texts)
		assert.Equal(t, want, merge(texts))
	}
}

func TestWhatNotAllRunsSayHasANote(t *testing.T) {
	assert.Equal(t, []string{"All 3 servers were up.", "In 2 of 3 runs: 15 (10–20) were lost.", "In 1 of 3 runs: None was lost."},
		mergeSentences([][]string{{"All 3 servers were up.", "10 were lost."}, {"All 3 servers were up.", "20 were lost."}, {"All 3 servers were up.", "None was lost."}}))
}

func TestTablesOfSeveralRunsAreMergedByTheirRows(t *testing.T) {
	a := table{Head: []string{"", "x", ""}, Rows: []row{{{Text: "one"}, {Text: "1 ms"}, {"yes", "good"}}, {{Text: "two"}, {Text: none}, {}}}}
	b := table{Head: a.Head, Rows: []row{{{Text: "two"}, {Text: "4 s"}, {}}, {{Text: "one"}, {Text: "3 ms"}, {"NO", "bad"}}, {{Text: "three"}, {Text: "7"}, {}}}}
	merged := mergeTables([]table{a, b})
	require.Len(t, merged.Rows, 3)
	assert.Equal(t, row{{Text: "one"}, {Text: "2 ms (1–3)"}, {"NO or yes", "bad"}}, merged.Rows[0])
	assert.Equal(t, "4 s", merged.Rows[1][1].Text)
	assert.Equal(t, "7", merged.Rows[2][1].Text)
}

// seeds returns runs of the example that differ in their figures.
func seeds(n int) []result.Result {
	var runs []result.Result
	for i := range n {
		r := undamaged(example(12, 60))
		f := 1 + 0.1*float64(i)
		r.Seed, r.Latency = uint64(i+1), spread(0.0042*f, 0.7, 200, 50*60*11)
		for j := range r.Timeline {
			r.Timeline[j].P99MS *= f
			r.Timeline[j].Delivered += uint64(i)
		}
		for j := range r.Servers {
			r.Servers[j].SentBytes += uint64(i) * 1e6
		}
		runs = append(runs, r)
	}
	return runs
}

func TestSeveralRunsAreOneOutcomeWithRangesEverywhere(t *testing.T) {
	o := Of(seeds(5)...)
	var b strings.Builder
	require.NoError(t, Summary(&b, o))
	for _, want := range []string{
		"5 runs with the seeds 1, 2, 3, 4, 5: each figure is the median", "OK in all 5 runs: every promise of the mesh held",
		"half of the deliveries took at most 5.04 ms (4.2–5.88)", "5.04 ms (4.2–5.88)",
	} {
		assert.Contains(t, strings.Join(strings.Fields(b.String()), " "), want)
	}
	dir := t.TempDir()
	require.NoError(t, Write(dir, o))
	page := look(t, dir)
	assert.Contains(t, page.texts, "5.04 ms (4.2–5.88)")
	assert.Contains(t, page.texts, "the range of 5 runs around their median")
}

func TestTheVerdictOfSeveralRunsIsThatOfTheWorst(t *testing.T) {
	runs := seeds(3)
	runs[1].Account = []result.Account{{Class: "total", Offered: 10, Delivered: 9, ReportedLost: 1}}
	v := Of(runs...).verdict()
	assert.Equal(t, verdict{"warn", "DEGRADED", "in 1 of 3 runs: every promise of the mesh held, but 10 % of the wanted deliveries were lost"}, v)
	runs[2].Broken = []string{"order"}
	runs[2].Command = "again"
	o := Of(runs...)
	assert.Equal(t, "BROKEN", o.verdict().Word)
	assert.Equal(t, "again", o.failing().Command)
}

func TestDifferencesInsideTheSpreadAreNamed(t *testing.T) {
	a, b := seeds(5), seeds(5)
	for i := range b {
		a[i].Label, b[i].Label = "degree=4", "degree=8"
		b[i].Latency.P50MS *= 1.1 // less than the seeds differ
		b[i].Latency.P99MS *= 10
	}
	x, y := Of(a...), Of(b...)
	text := strings.Join(differences([]Outcome{x, y}), "\n")
	assert.Contains(t, text, "Each is 5 runs with different seeds")
	assert.Contains(t, text, "From degree=4 to degree=8: delivery p99 25.7 ms (21.5–30) → 257 ms (215–300) (×10).")
	assert.Contains(t, text, "Inside the spread of the runs, so not a proven difference: delivery p50 5.04 ms (4.2–5.88) → ")
	assert.Equal(t, cell{"+10 %, inside the spread", "soft"}, keyFigureOf("delivery p50").against(x, y))
	assert.Equal(t, "warn", keyFigureOf("delivery p99").against(x, y).Class)
	assert.Equal(t, "good", keyFigureOf("delivery p99").against(y, x).Class)

	dir, terminal := t.TempDir(), new(strings.Builder)
	require.NoError(t, Compare(dir, terminal, []Outcome{x, y}))
	assert.Contains(t, terminal.String(), "inside the spread")
	assert.Contains(t, look(t, dir).texts, "inside the spread")
}

// A ribbon is drawn where the least and the most of the runs are.
func TestTheBandOfAPlotReachesFromTheLeastToTheMost(t *testing.T) {
	plots := []plot{}
	for run := range 3 {
		p := plot{title: "t", x: axis{hi: 10, unit: pieces[0]}, y: axis{hi: 100, unit: pieces[0]}}
		s := series{name: "s"}
		for x := range 11 {
			s.points = append(s.points, point{float64(x), float64(10*x) / float64(run+1)})
		}
		p.series = []series{s, {name: "b", shape: bars, points: []point{{5, float64(10 * run)}}}}
		plots = append(plots, p)
	}
	merged := mergePlots(plots)
	assert.Equal(t, point{10, 50}, merged.series[0].points[10])
	assert.InDelta(t, 100.0/3, merged.series[0].low[10].y, 1e-9)
	assert.Equal(t, point{10, 100}, merged.series[0].high[10])

	d := &drawing{p: merged, size: sheets[0]}
	d.lay()
	drawn := merged.svg("id", sheets[0])
	outline := regexp.MustCompile(`<path class="ribbon c0" d="M([^Z]*)Z"/>`).FindStringSubmatch(drawn)
	require.NotNil(t, outline)
	corners := strings.Split(outline[1], "L")
	require.Len(t, corners, 22)
	for i, want := range []point{{0, 0}, {10, 100}, {10, 100.0 / 3}, {0, 0}} {
		corner := corners[[]int{0, 10, 11, 21}[i]]
		assert.Equal(t, px(d.x(want.x))+" "+px(d.y(want.y)), corner)
	}
	assert.Contains(t, drawn, fmt.Sprintf(`V%s"/>`, px(d.y(20))), "the whisker of the bar ends at the most")
}

// Lines, bands, marks and bars are drawn at the coordinates of their figures.
func TestGeometryOfAPlot(t *testing.T) {
	p := plot{
		title: "t", x: axis{hi: 10, unit: pieces[0]}, y: axis{hi: 100, unit: pieces[0]},
		series: []series{{name: "line", points: []point{{0, 0}, {5, 50}, {10, 100}}}},
		bands:  []band{{2, 4, "cut"}}, marks: []mark{{point{5, 50}, "half"}},
	}
	d := &drawing{p: p, size: sheets[0]}
	d.lay()
	middle := func(a, b float64) float64 { return (a + b) / 2 }
	assert.InDelta(t, d.left, d.x(0), 1e-9)
	assert.InDelta(t, d.right, d.x(10), 1e-9)
	assert.InDelta(t, middle(d.left, d.right), d.x(5), 1e-9)
	assert.InDelta(t, d.bottom, d.y(0), 1e-9)
	assert.InDelta(t, d.top, d.y(100), 1e-9, "larger figures stand higher")
	drawn := p.svg("id", sheets[0])
	assert.Contains(t, drawn, fmt.Sprintf(`d="M%s %sL%s %sL%s %s"`, px(d.left), px(d.bottom), px(d.x(5)), px(d.y(50)), px(d.right), px(d.top)))
	assert.Contains(t, drawn, fmt.Sprintf(`<rect class="band" x="%s" y="%s" width="%s" height="%s"/>`, px(d.x(2)), px(d.top), px(d.x(4)-d.x(2)), px(d.bottom-d.top)))
	assert.Contains(t, drawn, fmt.Sprintf(`cx="%s" cy="%s"`, px(d.x(5)), px(d.y(50))))

	bars := plot{title: "t", x: axis{lo: -0.5, hi: 1.5, names: []string{"a", "b"}}, y: axis{hi: 10, unit: pieces[0]}, series: []series{{name: "s", shape: bars, points: []point{{0, 10}, {1, 5}}}}}
	var heights []float64
	for _, m := range regexp.MustCompile(`<rect class="bar c0" [^>]*height="([0-9.]+)"`).FindAllStringSubmatch(bars.svg("id", sheets[0]), -1) {
		h, err := strconv.ParseFloat(m[1], 64)
		require.NoError(t, err)
		heights = append(heights, h)
	}
	require.Len(t, heights, 2)
	assert.InDelta(t, 2, heights[0]/heights[1], 0.01)

	log := between("log", 1, 100, inSeconds)
	assert.InDelta(t, 0.5, log.at(math.Sqrt(log.lo*log.hi)), 1e-9)
}
