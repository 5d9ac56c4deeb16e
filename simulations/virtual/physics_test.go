package virtual

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// parse returns a scenario written in a test.
func parse(t *testing.T, text string) scenario.Scenario {
	t.Helper()
	s, err := scenario.Parse("test.yaml", []byte(text))
	require.NoError(t, err)
	return s
}

// sound runs a scenario in which every promise and every check of the simulation holds.
func sound(t *testing.T, s scenario.Scenario) result.Result {
	t.Helper()
	r := run(t, s)
	assert.Empty(t, r.Broken)
	for _, c := range r.Checks {
		assert.True(t, c.OK, "%+v", c)
	}
	return r
}

func TestNoDataLeavesFasterThanItsLineAllows(t *testing.T) {
	r := sound(t, caseOf(t, "overload", nil))
	for _, s := range r.Servers {
		assert.LessOrEqual(t, float64(s.SentBytes)*8, 10e6*20*1.001, s.Name)
		assert.InDelta(t, 1, s.Up.Peak, 0.001, s.Name)
		assert.Greater(t, s.Up.Mean, 0.99, "more is published than the line carries")
	}
	assert.True(t, r.Bottleneck.Full)
	assert.Contains(t, r.Bottleneck.Name, " up")
}

// A broadcast of 1,024 bytes to 4 others at 60 a second is 60*4*1,150 bytes on the wire, with
// the headers, of the 1.25 MB a second that a line of 10 Mbit carries.
func TestUtilisationIsWhatTheLoadNeeds(t *testing.T) {
	r := sound(t, parse(t, `
duration: 30s
network: {latency: 1ms, bandwidth: 10Mbit}
regions: [{name: lan, nodes: 5}]
applications: [{name: a, load: [{to: broadcast, rate: 60, size: 1024, publishers: ["1"]}]}]
`))
	assert.InEpsilon(t, 60*4*1150/1.25e6, r.Servers[0].Up.Mean, 0.1)
	assert.InEpsilon(t, 60*1150/1.25e6, r.Servers[1].Down.Mean, 0.2)
	assert.Equal(t, "node-1 up", r.Bottleneck.Name)
	assert.False(t, r.Bottleneck.Full)
	assert.InEpsilon(t, float64(r.Servers[0].SentBytes)*8/10e6/30, r.Servers[0].Up.Mean, 0.01, "bytes and busy time agree")
}

// 1 MiB at 100 Mbit/s takes 0.0839 s and 5 % for headers. It is received while it is being
// sent, so that two lines of the same rate take no longer than one.
func TestALargeMessageIsReceivedWhileItIsSent(t *testing.T) {
	r := sound(t, parse(t, `
duration: 60s
network: {latency: 1ms, bandwidth: 100Mbit}
regions: [{name: lan, nodes: 2}]
applications: [{name: a, load: [{to: broadcast, rate: 1, arrivals: even, size: 1MiB, publishers: ["1"]}]}]
`))
	assert.InEpsilon(t, 1+float64(1<<20)*8/100e3*1514/1448, r.Latency.P50MS, 0.05)
}

// A connection with a limited bandwidth is the bottleneck.
func TestTheBottleneckCanBeAConnection(t *testing.T) {
	r := sound(t, parse(t, `
duration: 20s
regions: [{name: a, nodes: 1}, {name: b, nodes: 1}]
links: [{between: [a, b], latency: 5ms, bandwidth: 1Mbit}]
applications: [{name: x, load: [{to: broadcast, rate: 400, size: 1KiB, publishers: [a]}]}]
`))
	assert.Equal(t, "node-1 to node-2", r.Bottleneck.Name)
	assert.True(t, r.Bottleneck.Full)
	require.Len(t, r.Paths, 2)
	assert.Equal(t, 1e6, r.Bottleneck.BitsPerSecond)
	assert.LessOrEqual(t, float64(r.Servers[0].SentBytes)*8, 1.05e6*20+8*float64(pipeBytes), "what waits for the connection has not left")
}

// Two connections of which one has much to send share a line: the other one does not wait
// until the first is through.
func TestConnectionsShareABusyLine(t *testing.T) {
	r := sound(t, parse(t, `
duration: 30s
network: {latency: 1ms, bandwidth: 100Mbit}
regions: [{name: lan, nodes: 3}]
applications:
  - {name: bulk, nodes: [1-2], load: [{to: broadcast, rate: 0.5, arrivals: even, size: 4MiB, publishers: ["1"]}]}
  - {name: chat, nodes: ["1", "3"], load: [{to: broadcast, rate: 100, size: 100, publishers: ["1"]}]}
`))
	assert.Less(t, r.Latency.P90MS, 10.0, "4 MiB take 0.35 s")
}

func TestAfterACutEverythingComesWithTCPsNextTry(t *testing.T) {
	for _, name := range []string{"short-cut", "short-partition"} {
		r := sound(t, caseOf(t, name, nil))
		// Retransmissions 0.2, 0.6, 1.4, 3 and 6.2 s after the first byte that a cut swallowed:
		// the last one comes 1.2 s after a cut of 5 s. Real processes: 1.2 to 3.2 s.
		assert.InDelta(t, 1220, r.Heal.MaxMS, 50, name)
		assert.Equal(t, total(r).Offered, total(r).Delivered, name)
	}
}

func TestRetransmissionsDoubleTheirDistance(t *testing.T) {
	for cut, want := range map[time.Duration]float64{1500 * time.Millisecond: 1500, 4 * time.Second: 2200} {
		r := sound(t, caseOf(t, "short-cut", func(s *scenario.Scenario) {
			s.Faults[0].For = scenario.Duration(cut)
			s.LateAfter = scenario.Duration(100 * time.Millisecond)
		}))
		assert.InDelta(t, want, r.Heal.MaxMS, 50, "a cut of %v", cut)
	}
}

func TestATotalLossIsACut(t *testing.T) {
	r := sound(t, caseOf(t, "total-loss", nil))
	assert.Equal(t, total(r).Offered, total(r).Delivered)
	assert.InDelta(t, 1250, r.Heal.MaxMS, 200)
}

// With nine of ten packets lost, the doubling timeouts exceed the keep-alive of the
// connection, which is given up.
func TestAHeavyLossEndsConnectionsAndTheRun(t *testing.T) {
	r := sound(t, caseOf(t, "total-loss", func(s *scenario.Scenario) {
		loss := scenario.Share(0.9)
		s.Faults[0].Loss = &loss
		s.Faults[0].For = scenario.Duration(10 * time.Second)
		s.Drain = scenario.Duration(60 * time.Second)
	}))
	assert.Zero(t, total(r).Unaccounted)
}

// Real processes: suspect after 2 to 3 s, gone after 9 to 10 s.
func TestAFrozenServerIsDetected(t *testing.T) {
	r := sound(t, caseOf(t, "frozen", nil))
	noticedSilently(t, r, 7)
}

// noticedSilently holds what observers noticed of a server that only fell silent against
// the measurements of real processes.
func noticedSilently(t *testing.T, r result.Result, observers int) {
	t.Helper()
	assert.EqualValues(t, observers, r.Suspect.Count)
	assert.EqualValues(t, observers, r.Detect.Count)
	assert.InDelta(t, 2500, r.Suspect.P50MS, 700)
	assert.InDelta(t, 9500, r.Detect.P50MS, 700)
}

func TestAServerWithoutPowerIsDetected(t *testing.T) {
	r := sound(t, caseOf(t, "frozen", func(s *scenario.Scenario) {
		s.Faults[0].Do, s.Faults[0].For = scenario.PowerLoss, 0
	}))
	noticedSilently(t, r, 7)
	assert.Equal(t, 7, r.Timeline[len(r.Timeline)-1].Living)
}

func TestAServerThatBootsAgainJoins(t *testing.T) {
	r := sound(t, caseOf(t, "frozen", func(s *scenario.Scenario) { s.Faults[0].Do = scenario.PowerLoss }))
	assert.Equal(t, 8, r.Timeline[len(r.Timeline)-1].Living)
	assert.Equal(t, 7, r.Timeline[len(r.Timeline)-1].Members)
	assert.Equal(t, 1, r.Servers[6].Restarts)
}

func TestAServerThatIsUnpluggedIsDetectedByBothSides(t *testing.T) {
	r := sound(t, caseOf(t, "cut-off-for-good", nil))
	noticedSilently(t, r, 14)
}

// A process that is killed tells its peers by its kernel. Real processes: gone after 42 to
// 448 ms.
func TestAKilledServerIsDetectedSoon(t *testing.T) {
	r := sound(t, caseOf(t, "killed", nil))
	assert.EqualValues(t, 7, r.Detect.Count)
	assert.Less(t, r.Suspect.MaxMS, 10.0)
	assert.Less(t, r.Detect.MaxMS, 600.0)
}

// A cut in one direction stops both: data passes in the other, but its acknowledgements do
// not come back.
func TestAOneWayCutHoldsUpBothDirections(t *testing.T) {
	r := sound(t, caseOf(t, "short-cut", func(s *scenario.Scenario) { s.Faults[0].OneWay = true }))
	assert.EqualValues(t, 2, r.Heal.Count)
	assert.InDelta(t, 1220, r.Heal.MaxMS, 100)
	assert.Equal(t, total(r).Offered, total(r).Delivered)
}

func TestSkewsBelowOneRun(t *testing.T) {
	assert.NotZero(t, total(sound(t, caseOf(t, "flat-popularity", nil))).Delivered)
}

// The traffic between all pairs of regions is the sum of the traffic of all servers.
func TestTrafficBetweenRegionsIsWhatServersSend(t *testing.T) {
	r := sound(t, parse(t, `
duration: 20s
regions: [{name: a, nodes: 3}, {name: b, nodes: 3}, {name: c, nodes: 3}]
links:
  - {between: [a, b], latency: 20ms}
  - {between: [a, c], latency: 40ms}
  - {between: [b, c], latency: 60ms}
applications: [{name: x, load: [{to: broadcast, rate: 20, size: 512, publishers: [a]}]}]
`))
	var sent, between float64
	for _, s := range r.Servers {
		sent += float64(s.SentBytes)
	}
	copies := uint64(0)
	for _, v := range r.Traffic {
		between += float64(v.Bytes)
		assert.Positive(t, v.IdleBitsPerSecond, "%s to %s", v.From, v.To)
		if v.From != v.To {
			copies += v.Deliveries
		}
	}
	assert.InEpsilon(t, sent, between, 0.03)
	assert.Equal(t, 6*total(r).Published, copies, "a broadcast crosses once for each server elsewhere")
}
