package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/scenario"
	"github.com/signalmesh/signalmesh/simulations/swarm"
)

func TestSimSwarmRunsScenarios(t *testing.T) {
	code, out, stderr := sim(t, "swarm", "--seed", "1", "--runs", "2", "--workers", "1", "--out", t.TempDir())
	assert.Zero(t, code, stderr)
	assert.Contains(t, stderr, "first seed 1, 1 worker")
	assert.Contains(t, out, "2 scenarios from seed 1")
	assert.Contains(t, out, "0 failed")
}

func TestSimSwarmWritesItsSummaryAsJSON(t *testing.T) {
	code, out, stderr := sim(t, "swarm", "--seed", "1", "--runs", "1", "--json", "--out", t.TempDir())
	require.Zero(t, code, stderr)
	var s swarmSummary
	require.NoError(t, json.Unmarshal([]byte(out), &s))
	assert.EqualValues(t, 1, s.Seed)
	assert.EqualValues(t, 1, s.Runs)
	assert.Zero(t, s.Failed)
}

func TestASwarmFailureHasItsCommandAndAFile(t *testing.T) {
	f := &swarmFlags{out: t.TempDir()}
	text, err := swarm.Draw(5)
	require.NoError(t, err)
	var w bytes.Buffer
	failure := &swarm.Failure{Kind: swarm.Promise, Text: "message 1 of node-1 arrived twice at node-2"}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nothing is made smaller
	r := f.report(ctx, &w, swarm.Finding{Seed: 5, Scenario: text, Failure: failure})
	assert.Contains(t, w.String(), "FAILED  seed 5: message 1 of node-1 arrived twice at node-2\n")
	assert.Contains(t, w.String(), "signalmesh sim swarm --seed 5 --runs 1\n")
	assert.Contains(t, w.String(), "signalmesh sim run "+r.File)
	written, err := os.ReadFile(r.File)
	require.NoError(t, err)
	_, err = scenario.Parse(r.File, written)
	assert.NoError(t, err)
}

func TestAWrongSwarmSaysWhatToDo(t *testing.T) {
	for want, args := range map[string][]string{
		"swarm takes no argument":        {"swarm", "steady"},
		"--workers: 0 is not between":    {"swarm", "--workers", "0"},
		"--for: -1s is no time":          {"swarm", "--for", "-1s"},
		"choose a directory that can be": {"swarm", "--out", "main.go"},
	} {
		code, _, stderr := sim(t, args...)
		assert.Equal(t, 2, code, args)
		assert.Contains(t, stderr, want)
	}
}

func TestSimSwarmEndsWhenItIsStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, err bytes.Buffer
	assert.Equal(t, 1, run(ctx, []string{"sim", "swarm", "--out", t.TempDir()}, &out, &err))
	assert.Contains(t, err.String(), "stopped after 0 scenarios")
}
