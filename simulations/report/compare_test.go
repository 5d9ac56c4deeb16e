package report

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// sizes returns runs of the example that differ in the number of servers.
func sizes(servers ...int) []result.Result {
	var runs []result.Result
	for _, n := range servers {
		r := undamaged(example(n, 60))
		r.Label = fmt.Sprintf("nodes=%d", n)
		r.Latency.P99MS *= float64(n) / float64(servers[0])
		runs = append(runs, r)
	}
	return runs
}

func TestCompareTellsTheDifferencesAgainstTheFirst(t *testing.T) {
	dir, text := t.TempDir(), new(strings.Builder)
	require.NoError(t, Compare(dir, text, each(sizes(3, 6, 60))))
	assert.Regexp(t, `(?m)^  +nodes=3 +nodes=6 +change +nodes=60 +change$`, text.String())
	assert.Regexp(t, `(?m)^  delivery p99 +21.5 ms +42.9 ms +\+100 % +429 ms +×20$`, text.String())
	assert.Regexp(t, `(?m)^  verdict +OK +OK +OK$`, text.String())
	assert.NotContains(t, text.String(), "promises broken", "a figure that is zero everywhere says nothing")

	page := look(t, dir)
	assert.Contains(t, page.texts, "Comparison of partition-heal")
	assert.Contains(t, page.texts, "42.9 ms (+100 %)")
	assert.Contains(t, page.texts, "Settings that differ")
	assert.Contains(t, page.texts, "Growth with the number of servers")
	assert.Equal(t, 3, page.elements["details"])
	for _, name := range []string{"results.json", "samples.csv"} {
		assert.FileExists(t, filepath.Join(dir, name))
	}
}

func TestCompareShowsAFewRunsAtATime(t *testing.T) {
	text := new(strings.Builder)
	require.NoError(t, Compare(t.TempDir(), text, each(sizes(3, 4, 5, 6, 7, 8, 9, 10, 11))))
	assert.Equal(t, 3, strings.Count(text.String(), "\n  verdict"))
	for line := range strings.Lines(text.String()) {
		assert.Less(t, len([]rune(line)), 120)
	}
}

func TestGrowthNeedsThreeSizes(t *testing.T) {
	for want, runs := range map[bool][]result.Result{true: sizes(3, 10, 30), false: sizes(3, 10, 10)} {
		_, ok := growthPlot(each(runs))
		assert.Equal(t, want, ok)
	}
	_, ok := growthPlot(each(sizes(3, 10)))
	assert.False(t, ok)
}

func TestComparisonNeedsTwo(t *testing.T) {
	dir := t.TempDir()
	assert.ErrorContains(t, Compare(dir, io.Discard, each(sizes(3))), "two runs")
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, files)
}

func TestEveryKeyFigureOfAnEmptyRunIsFiniteOrNone(t *testing.T) {
	for _, f := range keyFigures {
		text := Of(result.Result{}).figure(f)
		assert.NotContains(t, text, "NaN", f.name)
		assert.NotContains(t, text, "Inf", f.name)
	}
}
