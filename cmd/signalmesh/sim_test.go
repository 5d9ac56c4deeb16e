package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
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
		"--vary is given twice":            {"compare", "steady", "--vary", "degree=4,6", "--vary", "nodes=3,5"},
		"is not above 0":                   {"run", "steady", "--duration", "0s"},
		"--runs: 0 is not between":         {"run", "steady", "--runs", "0"},
	} {
		code, _, stderr := sim(t, args...)
		assert.Equal(t, 2, code, args)
		assert.Contains(t, stderr, want)
	}
}

// The README shows lines of a report. An ellipsis stands for the rest of a line.
func TestTheREADMEShowsWhatSimPrints(t *testing.T) {
	readme := read(t, "../../README.md")
	_, block, ok := strings.Cut(readme, "build/signalmesh sim run steady --nodes 100\n```\n\n```\n")
	require.True(t, ok, "the README has the command and a block after it")
	block, _, _ = strings.Cut(block, "```")
	code, out, stderr := sim(t, "run", "steady", "--nodes", "100", "--out", t.TempDir())
	require.Zero(t, code, stderr)
	for line := range strings.Lines(block) {
		assert.Contains(t, out, strings.TrimSuffix(strings.TrimSpace(line), " …"))
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

// scenarioFile writes a scenario for a test and returns its name.
func scenarioFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "case.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

// The report of these runs once said that nothing was felt, and OK.
func TestServersThatAreGoneAreFelt(t *testing.T) {
	const of = "duration: 30s\nregions: [{name: lan, nodes: 8}]\napplications:\n  - {name: chat, load: [{to: broadcast, rate: 50, size: 512}]}\nfaults:\n  - "
	for name, c := range map[string]struct{ fault, first, says string }{
		"seven of eight killed": {"{at: 10s, do: kill, nodes: [1-7]}", "7 of 8 servers were down while the load ran and did not come back.", "not offered (receiver down)"},
		"all killed":            {"{at: 10s, do: kill, nodes: [all]}", "8 of 8 servers were down while the load ran and did not come back.", "not published (server away)"},
		"cut off for good":      {`{at: 10s, do: cut, between: ["8", 1-7]}`, "1 of 8 servers was cut off from most of the others for up to 40 s.", "still waiting at the end"},
	} {
		code, out, stderr := sim(t, "run", scenarioFile(t, of+c.fault))
		assert.Zero(t, code, name+stderr)
		assert.NotContains(t, out, "not felt", name)
		assert.NotRegexp(t, `All [0-9,]+ wanted deliveries arrived`, out, name)
		_, answer, _ := strings.Cut(out, "\n")
		assert.True(t, strings.HasPrefix(answer, "  - "+c.first), "%s: %s", name, out)
		assert.Contains(t, out, c.says, name)
		assert.Contains(t, out, "\nDEGRADED  ", name)
	}
}

func TestAWindowThatIsTooShortIsAmberWithAdvice(t *testing.T) {
	code, out, _ := sim(t, "run", scenarioFile(t, `
duration: 60s
drain: 60s
mesh: {replay_age: 8s}
regions: [{name: a, nodes: 2}, {name: b, nodes: 3}]
applications: [{name: chat, load: [{to: broadcast, rate: 50, size: 512}]}]
faults: [{at: 10s, for: 20s, do: partition, groups: [a, b]}]`))
	assert.Zero(t, code, "no promise was broken")
	assert.Contains(t, out, "set replay_age above 24s")
	assert.Regexp(t, `DEGRADED  every promise of the mesh held, but 2[0-9.]+ % of the wanted deliveries were lost`, out)
}

func TestTheHeadlineAndTheNoteNameTheSameTraffic(t *testing.T) {
	file := scenarioFile(t, "duration: 60s\nregions: [{name: lan, nodes: 8}]\napplications: [{name: chat, load: [{to: broadcast, rate: 50, size: 512, at: 25s, for: 5s}]}]")
	_, out, _ := sim(t, "run", file)
	headline := regexp.MustCompile(`costs each server ([0-9.]+ .bit/s) sent`).FindStringSubmatch(out)
	require.NotNil(t, headline, out)
	assert.Regexp(t, `In the 5 s in which messages were published, a server sent [0-9.]+ kbit/s; in the\s+other 55 s it sent`, out)
	_, text, _ := sim(t, "run", file, "--json")
	var results []result.Result
	require.NoError(t, json.Unmarshal([]byte(text), &results))
	assert.Contains(t, results[0].Sizing[0], "has to send "+headline[1]+" and receive")
}

func TestTheTimesAreThoseOfTheNetworkAlone(t *testing.T) {
	_, out, _ := sim(t, "run", "steady", "--nodes", "3", "--duration", "3s", "--rate", "2000")
	assert.Contains(t, out, "On the network alone, without CPU: half of the deliveries took")
}

func TestSeedsAreShownAsASpread(t *testing.T) {
	for _, args := range [][]string{
		{"compare", "lossy-wan", "--vary", "seed=1,2,3", "--duration", "5s"},
		{"run", "lossy-wan", "--runs", "3", "--duration", "5s"},
	} {
		code, out, stderr := sim(t, args...)
		require.Zero(t, code, stderr)
		assert.Contains(t, out, "3 runs with the seeds 1, 2, 3: each figure is the median")
		assert.Regexp(t, `delivery +[0-9.]+ ms \([0-9.]+–[0-9.]+\)`, out)
		assert.Contains(t, out, "in all 3 runs: every promise")
	}
	code, out, stderr := sim(t, "compare", "steady", "--nodes", "4", "--duration", "3s", "--vary", "degree=2,4", "--runs", "3", "--json")
	require.Zero(t, code, stderr)
	var results []result.Result
	require.NoError(t, json.Unmarshal([]byte(out), &results))
	require.Len(t, results, 6)
	assert.Equal(t, "degree=2", results[0].Label)
	assert.Equal(t, "degree=4", results[5].Label)
	assert.Equal(t, uint64(3), results[5].Seed)
	assert.True(t, strings.HasSuffix(results[5].Command, "--degree 4 --seed 3"), results[5].Command)
	code, out, stderr = sim(t, "compare", "steady", "--nodes", "4", "--duration", "3s", "--vary", "degree=2,4", "--runs", "3")
	require.Zero(t, code, stderr)
	assert.Contains(t, out, "inside the spread")
}

func TestExpectationsDecideTheExitCode(t *testing.T) {
	junit := filepath.Join(t.TempDir(), "results.xml")
	base := "duration: 3s\nregions: [{name: lan, nodes: 3}]\nexpect: "
	code, out, _ := sim(t, "run", scenarioFile(t, base+"{p99: 1s, delivered: 100%, bytes: 1MiB}"), "--junit", junit)
	assert.Zero(t, code)
	assert.Contains(t, out, "All 3 expectations were met.")
	assert.FileExists(t, junit)
	code, out, stderr := sim(t, "run", scenarioFile(t, base+"{p99: 1us, delivered: 100%}"), "--junit", junit)
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "MISSED  1 of 2 expectations not met")
	assert.Contains(t, stderr, "an expectation was not met: delivery p99 of at most 1 µs, measured")
	data, err := os.ReadFile(junit)
	require.NoError(t, err)
	assert.Contains(t, string(data), `failures="1"`)
}
