package report

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/result"
)

func TestResultsComeBackAsTheyWere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "report")
	want := []result.Result{example(3, 30), example(12, 60)}
	require.NoError(t, Write(dir, each(want)...))
	data, err := os.ReadFile(filepath.Join(dir, "results.json"))
	require.NoError(t, err)
	var got []result.Result
	require.NoError(t, json.Unmarshal(data, &got))
	assert.Equal(t, want, got)
}

func TestSamplesHaveALineForEachSecondOfEachRun(t *testing.T) {
	dir, runs := t.TempDir(), []result.Result{example(3, 30), example(4, 60)}
	require.NoError(t, Write(dir, each(runs)...))
	f, err := os.Open(filepath.Join(dir, "samples.csv"))
	require.NoError(t, err)
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 1+len(runs[0].Timeline)+len(runs[1].Timeline))
	assert.Equal(t, []string{"1", "-10"}, lines[1][:2])
	for _, line := range lines[1:] {
		for _, figure := range line {
			v, err := strconv.ParseFloat(figure, 64)
			require.NoError(t, err)
			require.True(t, finite(v))
		}
	}
}

func TestWhatCannotBeShownLeavesTheOldReport(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, Write(dir, Of(example(3, 30))))
	before, err := os.ReadFile(filepath.Join(dir, "index.html"))
	require.NoError(t, err)

	r := example(4, 30)
	r.Latency.P99MS = math.NaN()
	assert.ErrorContains(t, Write(dir, Of(r)), "results.json")
	assert.Error(t, Write(dir))
	after, err := os.ReadFile(filepath.Join(dir, "index.html"))
	require.NoError(t, err)
	assert.Equal(t, before, after)
}

func TestWriteTellsWhereItCannot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	assert.ErrorContains(t, Write(file, Of(example(3, 30))), file)
}

func TestTheManualNamesEveryKeyAndColumn(t *testing.T) {
	manual, err := os.ReadFile("../../docs/simulations.md")
	require.NoError(t, err)
	for i := range reflect.TypeFor[result.Result]().NumField() {
		key, _, _ := strings.Cut(reflect.TypeFor[result.Result]().Field(i).Tag.Get("json"), ",")
		assert.Contains(t, string(manual), "`"+key+"`", "of results.json")
	}
	var b strings.Builder
	require.NoError(t, writeSamples(&b, nil))
	for column := range strings.SplitSeq(strings.TrimSpace(b.String()), ",") {
		assert.Contains(t, string(manual), "`"+column+"`", "of samples.csv")
	}
}
