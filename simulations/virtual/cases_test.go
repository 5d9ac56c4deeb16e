package virtual

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// caseOf reads a scenario of testdata. change may be nil.
func caseOf(t *testing.T, name string, change func(*scenario.Scenario)) scenario.Scenario {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
	require.NoError(t, err)
	s, err := scenario.Parse(name+".yaml", text)
	require.NoError(t, err)
	if change != nil {
		change(&s)
	}
	return s
}

func TestServersThatEndWhileMessagesForThemAreInTransit(t *testing.T) {
	for seed := range uint64(3) {
		r := run(t, caseOf(t, "churn-with-regions", func(s *scenario.Scenario) { s.Seed = seed + 1 }))
		assert.Empty(t, r.Broken)
		assert.True(t, r.OK(), "%+v", r.Checks)
		assert.NotZero(t, total(r).Ended)
	}
}

func TestAScenarioBuiltInCodeGetsTheDefaults(t *testing.T) {
	r := run(t, scenario.Scenario{Name: "code", Regions: []scenario.Region{{Name: "a", Nodes: 3}}})
	assert.NotZero(t, total(r).Delivered)
	_, err := Run(t.Context(), scenario.Scenario{Regions: []scenario.Region{{Name: "a", Nodes: 1}}}, nil)
	assert.ErrorContains(t, err, "at least 2 nodes")
}

func TestADefectOfTheSimulatorIsReportedWithItsSeed(t *testing.T) {
	w := emptyWorld(&scenario.Scenario{Seed: 7})
	func() {
		defer func() {
			err := w.defect(recover())
			assert.ErrorContains(t, err, "seed 7")
			assert.ErrorContains(t, err, "please report")
			assert.ErrorContains(t, err, "cases_test.go:")
		}()
		panic("planted")
	}()
}
