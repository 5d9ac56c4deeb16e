package report

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/result"
)

func summaryOf(t *testing.T, r result.Result) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, Summary(&b, Of(r)))
	return b.String()
}

func TestSummaryIsShortAtItsLongest(t *testing.T) {
	r := example(12, 60)
	r.Question = strings.Repeat("why ", 1000)
	for range 20 {
		r.Account = append(r.Account, r.Account[4])
		r.Broken = append(r.Broken, strings.Repeat("broken ", 100))
		r.Checks = append(r.Checks, result.Check{Name: strings.Repeat("check ", 100), Unit: "ms"})
	}
	r.Account[20].Refused, r.Account[20].Unaccounted = 1, 1
	text := summaryOf(t, r)
	assert.LessOrEqual(t, strings.Count(text, "\n"), 70)
	for line := range strings.Lines(text) {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 240)
	}
}

func TestSummaryEndsWithTheVerdict(t *testing.T) {
	good := undamaged(example(12, 60))
	assert.True(t, strings.HasSuffix(summaryOf(t, good), "\nOK  every promise of the mesh held\n"))

	broken := good
	broken.Broken = []string{"order: n1 to n2, 7 before 6"}
	assert.True(t, strings.HasSuffix(summaryOf(t, broken),
		"\nBROKEN  1 promise of the mesh was broken\n  order: n1 to n2, 7 before 6\nsee it again:  "+good.Command+"\n"))

	doubtful := good
	doubtful.Checks = []result.Check{{Name: "loss", Set: 1, Measured: 2, Unit: "%"}}
	text := summaryOf(t, doubtful)
	assert.Contains(t, text, "loss: set 1 %, measured 2 %")
	assert.Contains(t, text, "DOUBTFUL  1 check of the simulation itself failed")

	unbalanced := good
	unbalanced.Account = []result.Account{{Class: "total", Offered: 3, Delivered: 2}}
	assert.Contains(t, summaryOf(t, unbalanced), "BROKEN  the account of messages does not balance")
	assert.Contains(t, summaryOf(t, result.Result{}), "EMPTY")

	waiting := good
	waiting.Account = []result.Account{{Class: "total", Offered: 3, Delivered: 2, Waiting: 1}}
	assert.Contains(t, summaryOf(t, waiting), "DEGRADED  every promise of the mesh held, but 33.3 % of the wanted deliveries still wait\n")
	assert.Contains(t, summaryOf(t, waiting), "waiting")
	assert.NotContains(t, summaryOf(t, good), "waiting")
}

func TestSummaryKeepsControlCharactersFromTheTerminal(t *testing.T) {
	r := example(3, 30)
	hostile := "a\x1b[2J\nb\u202e"
	r.Scenario, r.Question, r.Mode, r.Command, r.Broken = hostile, hostile, hostile, hostile, []string{hostile}
	r.Account[0].Class, r.Servers[0].Name = hostile, hostile
	r.Checks[0] = result.Check{Name: hostile, Unit: hostile}
	lines := strings.Count(summaryOf(t, example(3, 30)), "\n")
	text := summaryOf(t, r)
	assert.NotContains(t, text, "\x1b")
	assert.NotContains(t, text, "\u202e")
	assert.Equal(t, lines+2, strings.Count(text, "\n"), "the broken promise and the check have a line each, and no name has its own")
}

func ExampleSummary() {
	r := result.Result{
		Scenario: "steady", Question: "What does each server carry on a usual day?", Mode: result.Core, Seed: 7,
		Nodes: 3, VirtualSeconds: 70, LoadSeconds: 60, WallSeconds: 0.5,
		Availability: result.Availability{Servers: 3},
		Checks:       []result.Check{{Name: "the account balances", OK: true}},
		Latency:      result.Latency{Count: 6000, P50MS: 4.1, P90MS: 9.8, P99MS: 12.5, P999MS: 17, MaxMS: 20},
		Account:      []result.Account{{Class: "total", Published: 3000, Offered: 6000, Delivered: 6000}},
		Servers:      []result.Server{{Name: "n1", SentBytes: 1_500_000, ReceivedBytes: 1_400_000, PayloadBytes: 512_000, WindowPeakBytes: 1 << 16}},
		Timeline:     []result.Sample{{Second: 0, Published: 50}, {Second: 59, Published: 50}},
	}
	if err := Summary(os.Stdout, Of(r)); err != nil {
		panic(err)
	}
	// Output:
	// steady: 3 servers, core mode, seed 7, 1 min 10 s of virtual time in 500 ms (140× real time)
	// What does each server carry on a usual day?
	//   - All 3 servers were up all the time.
	//   - All 6,000 wanted deliveries arrived, each once and in order.
	//   - On the network alone, without CPU: half of the deliveries took at most 4.1 ms, 99 of 100 at most 12.5 ms,
	//     999 of 1,000 at most 17 ms, the slowest 20 ms.
	//   - It costs each server 200 kbit/s sent and 187 kbit/s received on average while the load ran (the busiest
	//     200 kbit/s and 187 kbit/s), and up to 64 KiB of memory for unacknowledged messages.
	//
	//   time         p50     p90      p99  p99.9    max  observed
	//   delivery  4.1 ms  9.8 ms  12.5 ms  17 ms  20 ms     6,000
	//
	//   messages           total
	//   published          3,000
	//   wanted deliveries  6,000
	//   offered            6,000
	//   delivered          6,000
	//   reported lost          0
	//   unaccounted            0
	//   duplicates             0
	//   out of order           0
	//
	//   checks   1 of 1 of the simulation itself agree
	//
	// OK  every promise of the mesh held
}
