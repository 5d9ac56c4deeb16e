package stack

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
	"github.com/signalmesh/signalmesh/simulations/virtual"
)

// acts has a fault of each act, and a condition that holds in a run with the fault only.
var acts = map[scenario.Act]struct {
	fault string
	seen  func(result.Result) bool
}{
	scenario.Cut:       {`{at: 3s, for: 4s, do: cut, between: ["1", 2-5]}`, heldUp},
	scenario.Partition: {`{at: 3s, for: 4s, do: partition, groups: [1-2, 3-5]}`, heldUp},
	scenario.Pause:     {`{at: 3s, for: 4s, do: pause, nodes: ["2"]}`, func(r result.Result) bool { return heldUp(r) && r.Availability.Paused == 1 && total(r).Unpublished > 0 }},
	scenario.Degrade: {`{at: 3s, for: 4s, do: degrade, nodes: ["1"], latency: 300ms}`, func(r result.Result) bool {
		// In stack mode packets that are only delayed are retransmitted, so that some take longer.
		return r.Latency.MaxMS >= 300 && r.Latency.MaxMS < 8000 && r.Latency.P99MS >= 299
	}},
	scenario.Slow: {`{at: 3s, for: 4s, do: slow, nodes: ["5"], bandwidth: 20kbit}`, func(r result.Result) bool { return r.Latency.MaxMS > 500 }},
	scenario.Kill: {`{at: 3s, do: kill, nodes: ["4"]}`, func(r result.Result) bool {
		return living(r) == 4 && total(r).ReceiverDown > 0 && total(r).Unpublished > 0 && r.Availability.Down == 1 && r.Availability.DownAtEnd == 1 && r.Availability.Users.Disconnects == 1
	}},
	"power-loss": {`{at: 3s, do: power-loss, nodes: ["4"]}`, func(r result.Result) bool { return living(r) == 4 && total(r).Unpublished > 0 }},
	scenario.Restart: {`{at: 3s, do: restart, nodes: ["4"], down: 2s}`, func(r result.Result) bool {
		return r.Servers[3].Restarts == 1 && living(r) == 5 && r.Availability.Outage.MaxMS >= 2000 && r.Availability.DownAtEnd == 0 && total(r).ReceiverDown > 0
	}},
	scenario.RollingRestart: {`{at: 1s, do: rolling-restart, every: 2s, down: 500ms}`, func(r result.Result) bool {
		for _, s := range r.Servers {
			if s.Restarts != 1 {
				return false
			}
		}
		return r.Availability.Users.Disconnects == 5
	}},
	scenario.Churn: {`{at: 1s, for: 8s, do: churn, every: 2s, down: 500ms}`, func(r result.Result) bool {
		restarts := 0
		for _, s := range r.Servers {
			restarts += s.Restarts
		}
		return restarts >= 3 && r.Availability.Down > 0
	}},
	scenario.JoinAct: {`{at: 3s, do: join, count: 2}`, func(r result.Result) bool { return living(r) == 7 && r.Join.Count == 7 && len(r.Servers) == 7 }},
	scenario.FloodAct: {`{at: 3s, for: 4s, do: flood, nodes: ["1"], rate: 100}`, func(r result.Result) bool {
		return len(r.Account) == 3 && r.Account[1].Class == "flood" && r.Account[1].Delivered > 1000
	}},
}

// A fault between two servers leaves the paths of all others as they were.
func TestAFaultBetweenTwoServersIsTheirsAlone(t *testing.T) {
	const base = "duration: 12s\ndrain: 10s\nregions: [{name: lan, nodes: 5}]\napplications:\n  - {name: chat, load: [{to: broadcast, rate: 30, size: 512}]}\nfaults:\n  - "
	for name, fault := range map[string]string{
		"degrade":         `{at: 2s, for: 8s, do: degrade, between: ["1", "2"], latency: 300ms}`,
		"degrade reverse": `{at: 2s, for: 8s, do: degrade, between: ["2", "1"], latency: 300ms}`,
		"cut":             `{at: 2s, for: 8s, do: cut, between: ["4", "2"]}`,
	} {
		for mode, r := range modes(t, parsed(t, base+fault)) {
			require.Len(t, r.Faults, 1)
			l := r.Faults[0].Latency
			assert.Less(t, l.P50MS, 5.0, "%s, %s: most deliveries are between others", name, mode)
			assert.GreaterOrEqual(t, l.P99MS, 299.0, "%s, %s: one in ten is between the two", name, mode)
			if name != "cut" {
				assert.Less(t, l.P90MS, 305.0, "%s, %s", name, mode)
			}
			slow := 0.0
			for i, c := range l.CDF {
				if c.MS < 100 && i+1 < len(l.CDF) {
					slow = 1 - c.Share
				}
			}
			assert.InDelta(t, 0.1, slow, 0.06, "%s, %s: share of slow deliveries", name, mode)
		}
	}
}

func heldUp(r result.Result) bool { return total(r).Late > 0 && r.Heal.Count > 0 }

func living(r result.Result) int { return r.Timeline[len(r.Timeline)-1].Living }

// modes are the two ways to run a scenario.
func modes(t *testing.T, s scenario.Scenario) map[string]result.Result {
	t.Helper()
	runs := map[string]result.Result{}
	var err error
	runs[result.Core], err = virtual.Run(t.Context(), s, nil)
	require.NoError(t, err)
	runs[result.Stack], err = Run(t.Context(), s, nil)
	require.NoError(t, err)
	for mode, r := range runs {
		require.NotEmpty(t, r.Checks, mode)
		require.True(t, r.OK(), "%s: %v %+v", mode, r.Broken, r.Checks)
		require.NotZero(t, total(r).Delivered, mode)
	}
	return runs
}

func parsed(t *testing.T, text string) scenario.Scenario {
	t.Helper()
	s, err := scenario.Parse("test.yaml", []byte(text))
	require.NoError(t, err)
	return s
}

// A fault that did nothing would go unnoticed by a test that only looks for broken promises.
func TestEveryFaultDoesSomethingInBothModes(t *testing.T) {
	const base = "duration: 12s\ndrain: 10s\nregions: [{name: lan, nodes: 5}]\napplications:\n  - {name: chat, load: [{to: broadcast, rate: 30, size: 512}]}\n"
	calm := modes(t, parsed(t, base))
	for _, act := range scenario.Acts {
		c, ok := acts[act]
		if !assert.True(t, ok, "there is no scenario for %s", act) {
			continue
		}
		t.Run(string(act), func(t *testing.T) {
			for mode, r := range modes(t, parsed(t, base+"faults:\n  - "+c.fault+"\n")) {
				assert.True(t, c.seen(r), "%s: the fault did nothing: %+v %+v", mode, total(r), r.Availability)
				assert.False(t, c.seen(calm[mode]), "%s: the same is true without the fault", mode)
			}
		})
	}
}

func TestWhatAPartitionLongerThanTheWindowLosesIsReportedInBothModes(t *testing.T) {
	for mode, r := range modes(t, parsed(t, `
duration: 30s
drain: 20s
mesh: {replay_age: 5s}
regions: [{name: lan, nodes: 4}]
applications: [{name: chat, load: [{to: broadcast, rate: 20, size: 256}]}]
faults: [{at: 2s, for: 20s, do: partition, groups: [1-2, 3-4]}]`)) {
		a := total(r)
		assert.Greater(t, a.ReportedLost, uint64(300), mode)
		assert.Zero(t, a.Unaccounted, mode)
		lost := uint64(0)
		for _, s := range r.Timeline {
			lost += s.Lost
		}
		assert.Positive(t, lost, "%s: receivers were told", mode)
	}
}

func TestTheTopicCarriesWhatHasNoLinkInBothModes(t *testing.T) {
	for mode, r := range modes(t, parsed(t, `
duration: 10s
mesh: {direct: 4, degree: 3}
regions: [{name: lan, nodes: 12}]
applications: [{name: chat, load: [{to: broadcast, rate: 10, size: 256}]}]`)) {
		assert.Equal(t, total(r).Wanted(), total(r).Delivered, mode)
		assert.Equal(t, 11*total(r).Published, total(r).Delivered, mode)
		assert.NotZero(t, r.Gossip.Received, mode)
		if mode == result.Core {
			require.Len(t, r.Roads, 2, "direct and topic")
			assert.NotZero(t, r.Roads[1].Latency.Count)
		}
	}
}
