package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/result"
)

func TestTheAnswerSaysWhatBecameOfMessages(t *testing.T) {
	r := result.Result{Nodes: 5, LateAfterMS: 1000, Account: []result.Account{{Class: "total", Published: 3, Offered: 12, Delivered: 7, ReportedLost: 2, Waiting: 2, Ended: 1, Late: 1, Refused: 4, ReceiverDown: 2, Unpublished: 9}}}
	r.Latency = result.Latency{Count: 7, P50MS: 1, P99MS: 2, P999MS: 2500, MaxMS: 3000}
	text := strings.Join(answer(r), "\n")
	for _, want := range []string{
		"7 of 14 wanted deliveries (50 %) arrived, each once and in order.", "2 deliveries (14.3 %): reported lost to the receivers.",
		"2 deliveries (14.3 %): still waiting", "1 delivery (7.1 %): ended with a server", "2 deliveries (14.3 %): not offered, since the receiving server was down.",
		"On the network alone, without CPU: half", "999 of 1,000 at most 2.5 s, the slowest 3 s.", "Later than 1 s: 1 delivery.", "since too much was waiting: 4 messages.", "down or stopped: 9 of 16 messages.",
	} {
		assert.Contains(t, text, want)
	}
	r.Account[0].Duplicates = 1
	assert.NotContains(t, answer(r)[0], "each once")
	r.Account[0].Offered, r.Account[0].ReceiverDown = 0, 0
	assert.Empty(t, answer(r), "the verdict says that there is none")
}

func TestTheAnswerSaysWhenFaultsWereNoLongerFelt(t *testing.T) {
	r := undamaged(example(5, 60))
	r.Faults = []result.Fault{{Label: "cut", BeginSeconds: 10, EndSeconds: 15}}
	r.Timeline = nil
	for s := range 60 {
		r.Timeline = append(r.Timeline, result.Sample{Second: s, P99MS: 1})
	}
	require.Len(t, upset(r), 1)
	assert.Contains(t, upset(r)[0], "The faults were not felt")
	r.Timeline[16].P99MS = 5000
	assert.Equal(t, "Of the deliveries of a second, 99 of 100 took at most 1 ms before the first fault, and 5 s in the worst second (from 16 s, after “cut”); from 17 s on it was as before.", upset(r)[0])
	r.Timeline[59].P99MS = 9
	assert.Contains(t, upset(r)[0], "to the end of the run it was not as before")
}

func TestTheAnswerSaysHowManyServersAMessageReached(t *testing.T) {
	r := result.Result{Nodes: 31, Account: []result.Account{
		{Class: "broadcast", Published: 9, Offered: 270}, {Class: "group", Published: 8, Offered: 24}, {Class: "user", Published: 2, Offered: 2}, {Class: "total", Offered: 296},
	}}
	require.Len(t, spared(r), 1)
	assert.Contains(t, spared(r)[0], "was for 2.6 other servers on average, a broadcast would be for 30: 8.7 % of the deliveries")
}

func TestDifferencesAreToldInWords(t *testing.T) {
	a, b := undamaged(example(10, 60)), undamaged(example(10, 60))
	a.Label, b.Label = "degree=4", "degree=8"
	one := "Each is one run, so a difference may be due to the seed. Use --runs 5 to see the spread between seeds."
	assert.Equal(t, []string{"Every promise of the mesh held in all runs.", one, "No key figure of degree=8 differs from that of degree=4 by more than 1 %."}, differences(each([]result.Result{a, b})))
	b.Latency.P99MS *= 2
	text := strings.Join(differences(each([]result.Result{a, b})), "\n")
	assert.Contains(t, text, "From degree=4 to degree=8: delivery p99 ")
	assert.Contains(t, text, "(+100 %)")
	assert.Contains(t, text, "The same in both, to 1 %: delivery p50,")
	assert.NotContains(t, text, "twice the servers")

	b.Nodes, b.Broken = 20, []string{"order"}
	text = strings.Join(differences(each([]result.Result{a, b})), "\n")
	assert.Contains(t, text, "Not every run is good: degree=8: BROKEN.")
	assert.Contains(t, text, "Between 10 and 20 servers, twice the servers make each of them send 1 times as much, and all together 2 times.")
}

// The words of the marks once lay on the curves.
func TestTheWordsOfMarksStandAboveThePlotAndApart(t *testing.T) {
	p := latencyPlot(example(12, 60))
	p.marks = append(p.marks, p.marks[0], mark{point{p.x.lo, 1}, "at the left edge"})
	for _, s := range sheets {
		d := &drawing{p: p, size: s}
		d.lay()
		require.Len(t, d.words, len(p.marks))
		for i, l := range d.words {
			assert.GreaterOrEqual(t, l.x, 0.0)
			assert.LessOrEqual(t, l.x+textWidth(l.text), s.width)
			for _, o := range d.words[:i] {
				apart := l.x >= o.x+textWidth(o.text) || o.x >= l.x+textWidth(l.text)
				assert.True(t, apart || l.lane != o.lane, "%s on %s", l.text, o.text)
			}
			assert.Greater(t, d.top-7-lane*float64(l.lane), 13.0, "under the title of the axis")
		}
	}
}
