package report

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// calmRun is a run with a fault after which deliveries were as fast as before.
func calmRun() result.Result {
	r := result.Result{
		Nodes: 8, Checks: []result.Check{{OK: true}}, Availability: result.Availability{Servers: 8},
		Account: []result.Account{{Class: "total", Published: 100, Offered: 700, Delivered: 700}},
		Faults:  []result.Fault{{Label: "kill 1-7", BeginSeconds: 10, EndSeconds: 10}},
	}
	for s := range 30 {
		r.Timeline = append(r.Timeline, result.Sample{Second: s, P99MS: 1})
	}
	return r
}

// A report must not say that faults were not felt, and not be green, if users lost anything.
func TestFaultsWereFeltIfAnythingIsMissing(t *testing.T) {
	r := calmRun()
	assert.Contains(t, strings.Join(answer(r), "\n"), "The faults were not felt")
	assert.Equal(t, verdict{"good", "OK", "every promise of the mesh held"}, judge(r))
	for what, spoil := range map[string]func(*result.Result, *result.Account){
		"14.3 % of the wanted deliveries were lost":                                  func(_ *result.Result, a *result.Account) { a.Delivered, a.ReportedLost = 600, 100 },
		"14.3 % of the wanted deliveries still wait":                                 func(_ *result.Result, a *result.Account) { a.Delivered, a.Waiting = 600, 100 },
		"14.3 % of the wanted deliveries ended with a server":                        func(_ *result.Result, a *result.Account) { a.Delivered, a.Ended = 600, 100 },
		"12.5 % of the wanted deliveries were not offered to a server that was down": func(_ *result.Result, a *result.Account) { a.ReceiverDown = 100 },
		"12.5 % of the wanted deliveries were not offered to a server that was not known": func(_ *result.Result, a *result.Account) {
			a.ReceiverUnknown = 100
		},
		"2 % of the wanted deliveries were later than 1 s": func(r *result.Result, a *result.Account) { r.LateAfterMS, a.Late = 1000, 14 },
		"1 message was not published":                      func(_ *result.Result, a *result.Account) { a.Unpublished = 1 },
		"2 messages were refused":                          func(_ *result.Result, a *result.Account) { a.Refused = 2 },
		"7 of 8 servers were down":                         func(r *result.Result, _ *result.Account) { r.Availability.Down = 7 },
		"every promise of the mesh held, but 1 ":           func(r *result.Result, _ *result.Account) { r.Availability.Down = 1 },
	} {
		r := calmRun()
		spoil(&r, &r.Account[0])
		text := strings.Join(answer(r), "\n")
		assert.NotContains(t, text, "not felt", what)
		v := judge(r)
		assert.Equal(t, "warn", v.State, what)
		assert.Equal(t, "DEGRADED", v.Word, what)
		assert.Contains(t, v.Text, what)
		assert.True(t, r.OK(), "amber is no failure: "+what)
	}
	r.Availability.Paused = 1
	assert.NotContains(t, strings.Join(answer(r), "\n"), "not felt")
}

func TestTheAnswerBeginsWithAvailability(t *testing.T) {
	r := calmRun()
	assert.Equal(t, "All 8 servers were up all the time.", answer(r)[0])
	r.Availability = result.Availability{
		Servers: 8, Down: 7, DownAtEnd: 7, Outage: result.Latency{Count: 7, P50MS: 20_000, MaxMS: 20_000},
		Users: result.Users{Clients: 80, Disconnects: 70, AwayAtEnd: 70, AwayShare: 0.583, Away: result.Latency{Count: 70, P50MS: 20_000, MaxMS: 20_000}},
	}
	assert.Equal(t, "7 of 8 servers were down while the load ran and did not come back.", answer(r)[0])
	assert.Equal(t, "Users: 70 disconnects of 80 clients, each away until its server is ready again: half for at most 20 s, the longest for 20 s, and 70 not back when the load ended. That is 58.3 % of the time of all clients.", answer(r)[1])
	r.Availability.DownAtEnd = 2
	assert.Contains(t, answer(r)[0], "7 of 8 servers were down while the load ran, and 2 did not come back.")
	r.Availability.DownAtEnd = 0
	assert.Contains(t, answer(r)[0], "half of the outages lasted at most 20 s, the longest 20 s.")
	r.Availability = result.Availability{Servers: 8, CutOff: 1, CutSeconds: 70, Paused: 2, PauseSeconds: 15}
	assert.Equal(t, []string{"2 of 8 servers were stopped for up to 15 s.", "1 of 8 servers was cut off from most of the others for up to 1 min 10 s."}, available(r))
	r.Availability = result.Availability{Servers: 5, CutPaths: 1, AllPaths: 10, CutSeconds: 20}
	assert.Equal(t, []string{"1 of 10 paths between servers did not work for up to 20 s."}, available(r))
}

func TestTheWorstSecondAndTheHealingNameTheirFault(t *testing.T) {
	r := calmRun()
	r.Faults = []result.Fault{
		{Label: "Atlantic line", BeginSeconds: 10, EndSeconds: 15, Heal: result.Latency{Count: 1, MaxMS: 24_400}},
		{Label: "slow line", BeginSeconds: 12, EndSeconds: 20, Heal: result.Latency{Count: 1, MaxMS: 200}},
	}
	r.Heal = result.Latency{Count: 2, MaxMS: 24_400}
	for second, want := range map[int]string{
		11: "during fault 1 “Atlantic line”", 13: "during fault 1 “Atlantic line” and fault 2 “slow line”", 25: "after fault 2 “slow line”", 5: "before the first fault",
	} {
		assert.Equal(t, want, faultAt(r, second))
	}
	assert.Contains(t, strings.Join(answer(r), "\n"), "The last delivery that a fault delayed arrived 24.4 s after the end of the fault (fault 1 “Atlantic line”).")
}

func TestTheBottleneckIsNamed(t *testing.T) {
	r := calmRun()
	r.Bottleneck = result.Bottleneck{Name: "node-3 up", Use: result.Use{BitsPerSecond: 10e6, Mean: 0.61, Peak: 1}, Full: true}
	text := strings.Join(answer(r), "\n")
	assert.Contains(t, text, "The line node-3 up is the bottleneck: it was full (100 % of 10 Mbit/s in its busiest second, 61 % on average)")
	r.Bottleneck.Mean = 0.04
	assert.Contains(t, strings.Join(answer(r), "\n"), "The line used most is node-3 up: it was full for a time (100 % of 10 Mbit/s in its busiest second, 4 % on average)")
	r.Bottleneck.Full, r.Bottleneck.Peak = false, 0.3
	assert.Contains(t, strings.Join(answer(r), "\n"), "The line used most is node-3 up: 30 % of 10 Mbit/s")
}

func TestExpectationsMakeTheVerdict(t *testing.T) {
	r := calmRun()
	r.Expected = []result.Expectation{
		{Name: "p99", Figure: "delivery p99", Want: 50, Measured: 40, Unit: "ms", OK: true},
		{Name: "delivered", Figure: "delivered share", AtLeast: true, Want: 99.9, Measured: 81.5, Unit: "%"},
		{Name: "heal", Figure: "time to heal, slowest", Want: 4000, Unit: "ms", Missing: "no fault held anything up"},
	}
	assert.Equal(t, verdict{"bad", "MISSED", "2 of 3 expectations not met"}, judge(r))
	text := strings.Join(answer(r), "\n")
	assert.Contains(t, text, "Not met: delivered share of at least 99.9 %, measured 81.5 %.")
	assert.Contains(t, text, "Not met: time to heal, slowest of at most 4 s, measured nothing: no fault held anything up.")
	assert.Contains(t, summaryOf(t, r), "  delivery p99 ")

	file := filepath.Join(t.TempDir(), "results.xml")
	r.Scenario, r.Seed, r.Command = "mine", 7, "signalmesh sim run mine.yaml --seed 7"
	require.NoError(t, WriteJUnit(file, []result.Result{r, calmRun()}))
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var suites junitSuites
	require.NoError(t, xml.Unmarshal(data, &suites))
	require.Len(t, suites.Suites, 2)
	first := suites.Suites[0]
	assert.Equal(t, "mine seed 7", first.Name)
	assert.Equal(t, []int{7, 2}, []int{first.Tests, first.Failures})
	assert.Equal(t, "expect: delivered at least 99.9 %", first.Cases[5].Name)
	assert.Equal(t, "delivered share of at least 99.9 %, measured 81.5 %", first.Cases[5].Failure.Message)
	assert.Equal(t, "again: signalmesh sim run mine.yaml --seed 7", first.Cases[5].Failure.Text)
	assert.Zero(t, suites.Suites[1].Failures)

	for i := range r.Expected {
		r.Expected[i].OK = true
	}
	assert.Contains(t, strings.Join(answer(r), "\n"), "All 3 expectations were met.")
	assert.ErrorContains(t, WriteJUnit(t.TempDir(), nil), "choose a file")
}

func TestARunThatDidNotCheckItselfIsDoubtful(t *testing.T) {
	r := calmRun()
	r.Checks = nil
	assert.Equal(t, "DOUBTFUL", judge(r).Word)
	assert.False(t, r.OK())
}

func TestTheHeadlineAndTheTilesHaveTheTrafficOfTheNote(t *testing.T) {
	r := calmRun()
	r.LoadSeconds, r.Servers = 60, []result.Server{{Name: "node-1", SentBytes: 693_000, ReceivedBytes: 600_000}}
	for i := range r.Timeline {
		r.Timeline[i].Living, r.Timeline[i].SentBytes = 1, 10_000
	}
	r.Timeline[20].Published = 5
	text := strings.Join(costs(r), "\n")
	assert.Contains(t, text, "It costs each server 92.4 kbit/s sent and 80 kbit/s received on average")
	assert.Contains(t, text, "In the 1 s in which messages were published, a server sent 80 kbit/s; in the other 29 s it sent 80 kbit/s.")
	for _, tile := range tiles(r) {
		if tile.Name == "sent by each server" {
			assert.Equal(t, "92.4 kbit/s", tile.Figure)
		}
	}
	assert.Equal(t, "delivered", tiles(r)[0].Name, "availability first")
}

func TestThePageHasTimesByPartAndTheUseOfLines(t *testing.T) {
	r := example(3, 30)
	times := func(ms float64) result.Latency {
		return result.Latency{Count: 9, P50MS: ms, P99MS: 2 * ms, MaxMS: 3 * ms}
	}
	r.Classes = []result.Road{{Name: "group", Latency: times(11)}}
	r.Pairs = []result.Road{{Name: "eu to us", Latency: times(45)}}
	r.Faults[0].Latency, r.Faults[0].Heal = times(700), times(8000)
	r.Traffic = []result.Traffic{{From: "eu", To: "us", Bytes: 43_500_000, Deliveries: 1234, IdleBitsPerSecond: 4.03e6}}
	r.Paths = []result.Path{{From: "eu", To: "us", Busiest: result.Use{BitsPerSecond: 1e8, Mean: 0.2, Peak: 0.75}}}
	r.Servers[0].Up = result.Use{BitsPerSecond: 1e9, Mean: 0.11, Peak: 0.93}
	r.Availability = result.Availability{Servers: 3, Down: 1, Users: result.Users{Clients: 30, Disconnects: 10, Away: times(2000)}}
	assert.Equal(t, plainRow("to group", "11 ms", "0 s", "22 ms", "0 s", "33 ms", "0 s", "9"), partsTable(r).Rows[0])
	assert.Equal(t, "eu to us", partsTable(r).Rows[1][0].Text)
	assert.Equal(t, plainRow("eu to us", "43.5 MB", "1,234", "4.03 Mbit/s", "75 %, 20 %"), linesTable(r).Rows[0])
	fault := faultsTable(r).Rows[0]
	assert.Equal(t, []cell{{Text: "700 ms"}, {Text: "1.4 s"}, {Text: "2.1 s"}, {Text: "24 s"}}, []cell(fault[4:]))
	dir := t.TempDir()
	require.NoError(t, Write(dir, Of(r)))
	page := look(t, dir)
	for _, want := range []string{"to group", "eu to us", "75 %, 20 %", "93 %, 11 %", "disconnects of clients", "healed after", "not offered (receiver down)", "p99.9"} {
		assert.Contains(t, page.texts, want)
	}
}
