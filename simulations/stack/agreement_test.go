//go:build !race

// Ten scenarios with the whole program take the race detector many minutes of CPU.
// "make test-agreement", which is part of "make test", runs this file without it; the
// same code runs with it in the other tests of this package.

package stack

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
	"github.com/signalmesh/signalmesh/simulations/virtual"
)

// An agreement is by how much the two modes may differ in a scenario: the factor
// between their figures, of which 1.1 is 10 %. 0 means that it is not compared, and
// why says why not.
type agreement struct {
	scenario string
	nodes    int // of each region; 0: as it is
	duration time.Duration
	p50, p99 float64
	bytes    float64
	why      string // one is large
}

// agreements are the builtin scenarios, those that are too large made smaller.
var agreements = []agreement{
	{scenario: "steady", nodes: 5, p50: 1.05, p99: 1.05, bytes: 1.2},
	{scenario: "burst", nodes: 5, p50: 1.8, p99: 1.15, bytes: 1.2, why: "p50: the two put the packets for different peers on the line in different orders"},
	{scenario: "asymmetric-link", p50: 1.05, p99: 1.8, bytes: 1.25, why: "p99: what waits for the silent link to be given up decides, which is when the next Announce comes"},
	{scenario: "group-heavy", nodes: 5, p50: 1.1, p99: 1.3, bytes: 1.25},
	{scenario: "lossy-wan", nodes: 2, p50: 1.1, bytes: 1.3, why: "p99: the model of loss only guesses when the next packet comes"},
	{scenario: "partition-heal", duration: 45 * time.Second, p50: 1.1, p99: 1.25, bytes: 1.7, why: "bytes: of what goes round after the partition, the program sends fewer copies, since peers say what they have (IDONTWANT)"},
	{scenario: "rolling-restart", nodes: 4, duration: 30 * time.Second, p50: 1.1, p99: 1.3, bytes: 1.3},
	{scenario: "churn", nodes: 5, p50: 1.1, bytes: 2, why: "p99: not the same nodes are killed; bytes: the program sends a fifth more, and in one of thirty runs 70 % more, when what a killed node is offered goes round until it is given up"},
	{scenario: "flash-join", nodes: 4, p50: 1.1, p99: 1.3, bytes: 1.4},
	{scenario: "slow-node", nodes: 4, duration: 30 * time.Second, p50: 1.15, bytes: 1.7, why: "bytes: in a third of the runs TCP sends again what only waits for the slow node; p99: of what waits for the slow node, few messages decide; p50: the acknowledgements that the slow node receives are late as well, so that what it sends waits, which the core does not model"},
}

func TestBothModesAgree(t *testing.T) {
	for _, a := range agreements {
		t.Run(a.scenario, func(t *testing.T) {
			t.Parallel()
			s := a.smaller(t)
			model, err := virtual.Run(t.Context(), s, nil)
			require.NoError(t, err)
			whole, err := Run(t.Context(), s, nil)
			require.NoError(t, err)
			t.Logf("core:  p50 %.3f ms, p99 %.3f ms, %d bytes", model.Latency.P50MS, model.Latency.P99MS, sent(model))
			t.Logf("stack: p50 %.3f ms, p99 %.3f ms, %d bytes", whole.Latency.P50MS, whole.Latency.P99MS, sent(whole))
			near(t, a.p50, model.Latency.P50MS, whole.Latency.P50MS, "p50")
			near(t, a.p99, model.Latency.P99MS, whole.Latency.P99MS, "p99")
			near(t, a.bytes, float64(sent(model)), float64(sent(whole)), "bytes")
			for _, r := range []result.Result{model, whole} {
				all := total(r)
				assert.True(t, r.OK(), "%s: %v %+v", r.Mode, r.Broken, r.Checks)
				assert.Zero(t, all.ReportedLost+all.Unaccounted, r.Mode)
				assert.Equal(t, all.Offered, all.Delivered+all.Ended, r.Mode)
			}
			// While members come and go, whom a message is offered to is chance.
			near(t, 1.2, float64(total(model).Offered), float64(total(whole).Offered), "offered")
		})
	}
}

func (a agreement) smaller(t *testing.T) scenario.Scenario {
	return small(t, a.scenario, a.nodes, func(s *scenario.Scenario) {
		for i := range s.Regions {
			if a.nodes > 0 {
				s.Regions[i].Nodes = a.nodes
			}
		}
		s.Duration = scenario.Duration(max(a.duration, 20*time.Second))
		s.Drain = scenario.Duration(20 * time.Second)
		for i := range s.Faults {
			switch f := &s.Faults[i]; f.Do {
			case scenario.Slow: // the last node
				f.Nodes = []scenario.Selector{"4"}
			case scenario.JoinAct:
				f.Count, f.At = 4, scenario.Duration(5*time.Second)
			case scenario.Churn:
				f.For = scenario.Duration(10 * time.Second)
			}
		}
	})
}

// near checks that two figures differ by no more than a factor.
func near(t *testing.T, factor, a, b float64, what string) {
	if factor > 0 {
		assert.LessOrEqual(t, math.Max(a, b), factor*math.Min(a, b), what)
	}
}

func sent(r result.Result) (bytes uint64) {
	for _, s := range r.Servers {
		bytes += s.SentBytes
	}
	return bytes
}
