package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

func sim(t *testing.T, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(t.Context(), append([]string{"sim"}, args...), &out, &err)
	return code, out.String(), err.String()
}

func TestSimListsEveryScenarioWithItsQuestion(t *testing.T) {
	code, out, _ := sim(t, "list")
	assert.Zero(t, code)
	for _, name := range scenario.Names() {
		s, err := scenario.Builtin(name)
		require.NoError(t, err)
		assert.Contains(t, out, name)
		assert.Contains(t, out, s.Question)
	}
}

func TestSimRunsAScenarioAndWritesAReport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "report")
	code, out, stderr := sim(t, "run", "steady", "--nodes", "4", "--duration", "3s", "--loss", "0.5%", "--seed", "7", "--out", dir)
	require.Zero(t, code, stderr)
	assert.Contains(t, out, "4 servers")
	assert.Contains(t, out, filepath.Join(dir, "index.html"))
	for _, name := range []string{"index.html", "results.json", "samples.csv"} {
		assert.FileExists(t, filepath.Join(dir, name))
	}
}

func TestSimRunsAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	require.NoError(t, os.WriteFile(file, []byte("regions: [{name: a, nodes: 3}]\nduration: 2s\n"), 0o600))
	code, out, stderr := sim(t, "run", file, "--json")
	require.Zero(t, code, stderr)
	var results []result.Result
	require.NoError(t, json.Unmarshal([]byte(out), &results))
	require.Len(t, results, 1)
	assert.Equal(t, "mine", results[0].Scenario)
	assert.Equal(t, "signalmesh sim run "+file+" --seed 1", results[0].Command)
	assert.NotEmpty(t, results[0].Sizing)
	assert.NotEmpty(t, results[0].Limits)
}

func TestSimComparesSettings(t *testing.T) {
	code, out, stderr := sim(t, "compare", "steady", "--vary", "nodes=3,5", "--duration", "2s")
	require.Zero(t, code, stderr)
	assert.Contains(t, out, "nodes=3")
	assert.Contains(t, out, "nodes=5")
}

func TestAWrongSimulationSaysWhatToDo(t *testing.T) {
	for want, args := range map[string][]string{
		"there is no scenario \"stedy\"":   {"run", "stedy"},
		"sim has no command \"rum\"":       {"rum"},
		"--nodes: \"1\" is no number":      {"run", "steady", "--nodes", "1"},
		"run takes one scenario":           {"run"},
		"compare takes two scenarios":      {"compare", "steady"},
		"\"colour\" is no setting":         {"compare", "steady", "--vary", "colour=red,blue"},
		"no-such.yaml: no such file":       {"run", "no-such.yaml"},
		"--degree: mesh.degree: 99 is not": {"run", "steady", "--degree", "99"},
		"--out: mkdir main.go":             {"run", "steady", "--out", "main.go/report"},
		"for example degree=4,6,8":         {"compare", "steady", "--vary", "degree"},
		"nothing to compare it with":       {"compare", "steady", "--vary", "degree=4"},
		"nodes=3 is there twice":           {"compare", "steady", "--vary", "nodes=3,3"},
		"steady is there twice":            {"compare", "steady", "steady"},
		"Run 'signalmesh sim run --help'":  {"run", "steady", "--colour"},
		"choose a directory that can be":   {"run", "steady", "--out", "main.go"},
	} {
		code, _, stderr := sim(t, args...)
		assert.Equal(t, 2, code, args)
		assert.Contains(t, stderr, want)
	}
}

func TestSimEndsWhenItIsStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, err bytes.Buffer
	dir := filepath.Join(t.TempDir(), "report")
	assert.Equal(t, 1, run(ctx, []string{"sim", "run", "steady", "--out", dir}, &out, &err))
	assert.Contains(t, err.String(), "stopped")
	assert.NoDirExists(t, dir)
}

func TestABrokenPromiseIsToldWithItsSeed(t *testing.T) {
	r := result.Result{Broken: []string{"message 4 arrived twice"}}
	assert.False(t, r.OK())
	assert.Contains(t, failure(r), "message 4 arrived twice")
	r = result.Result{Checks: []result.Check{{Name: "packets lost", Set: 1, Measured: 2, Unit: "%"}}}
	assert.Contains(t, failure(r), "packets lost is 2 % instead of 1")
	r = result.Result{Account: []result.Account{{Offered: 3, Delivered: 2}}}
	assert.False(t, r.OK())
	assert.Contains(t, failure(r), "does not balance")
}

func TestTheCommandToSeeItAgainIsOneAShellTakes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "it's mine.yaml")
	require.NoError(t, os.WriteFile(file, []byte("duration: 1s\nregions: [{name: a, nodes: 2}]\n"), 0o600))
	_, out, _ := sim(t, "run", file, "--latency", "1ms..2ms", "--json")
	var results []result.Result
	require.NoError(t, json.Unmarshal([]byte(out), &results))
	assert.Equal(t, "signalmesh sim run '"+strings.ReplaceAll(file, "'", `'\''`)+"' --latency 1ms..2ms --seed 1", results[0].Command)
}

func TestScenariosOfOneNameAreToldApartByTheirFiles(t *testing.T) {
	var files []string
	for i := range 2 {
		files = append(files, filepath.Join(t.TempDir(), "mine.yaml"))
		require.NoError(t, os.WriteFile(files[i], []byte("name: mine\nduration: 1s\nregions: [{name: a, nodes: 2}]\n"), 0o600))
	}
	_, out, _ := sim(t, append([]string{"compare", "--json"}, files...)...)
	var results []result.Result
	require.NoError(t, json.Unmarshal([]byte(out), &results))
	assert.Equal(t, "mine", results[0].Label)
	assert.Equal(t, files[1], results[1].Label)
}

func TestTheBarFitsItsTerminal(t *testing.T) {
	assert.Equal(t, "µ ste", fit("µ steady", 6))
	assert.Equal(t, "steady", fit("steady", 7))
	assert.Equal(t, "steady", fit("steady", 0))
}

func TestTheBarSaysHowFarItIs(t *testing.T) {
	var w bytes.Buffer
	b := newSimBar(&w, "steady")
	b.told = time.Now().Add(-barEvery)
	p := result.Progress{Virtual: 30 * time.Second, Of: time.Minute, Wall: 10 * time.Second, Published: 5, Delivered: 20}
	b.show(p)
	b.show(p) // too soon
	assert.Equal(t, "steady 30s of 1m0s, 3.0x, 5 published, 20 delivered\n", w.String())
	assert.Equal(t, "[==  ]", bar(p, 4))
}

func TestEverySimFlagIsInTheManual(t *testing.T) {
	manual, err := os.ReadFile("../../docs/simulations.md")
	require.NoError(t, err)
	newSimRunCommand().Flags().VisitAll(func(f *pflag.Flag) {
		assert.Contains(t, string(manual), "`--"+f.Name)
	})
}
