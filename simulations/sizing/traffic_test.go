package sizing

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/result"
)

func TestTheAverageIsOfTheWholeLoadAndItsPartsAreTold(t *testing.T) {
	r, s := quiet(), parse(t, "duration: 20s")
	for i := range 20 {
		if i >= 10 && i < 15 { // a load of five seconds
			r.Timeline[i].Published, r.Timeline[i].SentBytes = 50, 3_400_000
		} else {
			r.Timeline[i].Published, r.Timeline[i].SentBytes = 0, 200_000
		}
	}
	Complete(&r, &s)
	traffic := TrafficOf(&r)
	assert.InDelta(t, 800_000, traffic.Sent, 1)
	assert.InDelta(t, 2_720_000, traffic.Loaded, 1)
	assert.InDelta(t, 160_000, traffic.Idle, 1)
	assert.True(t, traffic.Idles())
	assert.Contains(t, r.Sizing[0], "send 800 kbit/s")
	assert.Contains(t, r.Sizing[1], "the average of 20 s. In the 5 s in which messages were published, a server sent 2.72 Mbit/s; in the other 15 s it sent 160 kbit/s.")

	r, s = quiet(), parse(t, "duration: 20s")
	for i := range 20 {
		r.Timeline[i].Published = 50
	}
	Complete(&r, &s)
	assert.False(t, TrafficOf(&r).Idles())
	assert.Zero(t, TrafficOf(&result.Result{}))
}

func TestBitRatesHaveThreeDigits(t *testing.T) {
	for bits, want := range map[float64]string{0: "0 bit/s", 999: "999 bit/s", 999.9: "1 kbit/s", 92_440: "92.4 kbit/s", 1_120_000: "1.12 Mbit/s", 16e6: "16 Mbit/s", 2.5e12: "2.5 Tbit/s"} {
		assert.Equal(t, want, BitRate(bits))
	}
}

func TestTheAdviceNamesTheSettingThatIsTooSmall(t *testing.T) {
	cut := "duration: 60s\nmesh: {replay_age: %s}\nfaults: [{at: 10s, for: 20s, do: partition, groups: [1-5, 6-10], label: halves}]"
	r, s := quiet(), parse(t, strings.ReplaceAll(cut, "%s", "8s"))
	Complete(&r, &s)
	assert.Empty(t, r.Advice, "nothing was lost")
	r.Account[0].ReportedLost = 10
	Complete(&r, &s)
	require.Len(t, r.Advice, 1)
	assert.Contains(t, r.Advice[0], "kept for 8s (replay_age). The longest fault (halves) lasted 20s: set replay_age above 24s")

	s = parse(t, strings.ReplaceAll(cut, "%s", "2m"))
	s.Mesh.ReplayBytes = 5 << 20
	Complete(&r, &s)
	require.Len(t, r.Advice, 1)
	assert.Contains(t, r.Advice[0], "At most 5MiB")

	s = parse(t, "duration: 60s\nmesh: {replay_age: 8s}\nfaults: [{at: 10s, do: cut, between: [1-5, 6-10]}]")
	s.Mesh.ReplayBytes = 64 << 20
	Complete(&r, &s)
	assert.Empty(t, r.Advice, "no window is long enough for a cut that never ends")
	longest, _ := longestFault(&s)
	assert.Equal(t, time.Duration(0), longest)

	r.Account[0].Refused = 3
	Complete(&r, &s)
	require.Len(t, r.Advice, 1)
	assert.Contains(t, r.Advice[0], "16MiB wait for one server (backlog)")
}

func TestTheCapacityNamesWhatRunsOutFirst(t *testing.T) {
	text := `
duration: 20s
regions: [{name: lan, nodes: 20}]
applications:
  - {name: app, clients: 10000, groups: {count: 4000, members: 50}, load: [{to: group, rate: 500, size: 512}, {to: user, rate: 20}, {to: broadcast, rate: 0.1}]}`
	s := parse(t, text)
	assert.InDelta(t, 500*50+20+0.1*200_000, clientRate(&s), 1e-6)
	r := quiet()
	r.Bottleneck = result.Bottleneck{Name: "node-3 up", Use: result.Use{BitsPerSecond: 1e6, Mean: 0.001, Peak: 0.002}}
	Complete(&r, &s)
	note := strings.Join(r.Sizing, "\n")
	assert.Contains(t, note, "Estimated from the benchmarks (docs/benchmarks.md), not simulated: a server needs 9.22 % of one core")
	assert.Contains(t, note, "134.7 MiB of memory for 10000 clients")
	assert.Contains(t, note, "The CPU runs out first: one core is full with 10.9 times this load, the busiest line (node-3 up) with 500 times.")
	r.Bottleneck.Peak = 0.5
	Complete(&r, &s)
	assert.Contains(t, strings.Join(r.Sizing, "\n"), "The line runs out first: node-3 up is full with 2 times this load")

	s.Applications[0].Clients = 30_000
	Complete(&r, &s)
	assert.Contains(t, strings.Join(r.Sizing, "\n"), "More than 20000 clients on one server have not been measured.")
}
