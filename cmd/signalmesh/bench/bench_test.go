//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && roles[os.Args[1]] != nil { // this binary, started again
		if err := roles[os.Args[1]](os.Args[2:], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// Every contestant plays every figure, briefly, and what comes out is written down.
func TestAComparisonIsPrintedWrittenAndRecorded(t *testing.T) {
	out, manual := t.TempDir(), filepath.Join(t.TempDir(), "manual.md")
	require.NoError(t, os.WriteFile(manual, []byte("before\n"+tablesBegin+"\nold\n"+tablesEnd+"\nafter\n"), 0o644))
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{
		"-rounds", "1", "-warm", "20ms", "-measure", "100ms", "-run", "saturated broadcast, 256 B|at 1000/s|one connection|join",
		"-out", out, "-record", manual,
	}, &stdout, &stderr)
	require.Zero(t, code, stderr.String())
	for _, c := range []string{contestantMesh, contestantRedis, contestantMemory, contestantTLS, contestantTCP} {
		assert.Contains(t, stdout.String(), "\n  "+c, stdout.String())
	}
	for _, name := range []string{"results.json", "index.html"} {
		text, err := os.ReadFile(filepath.Join(out, name))
		require.NoError(t, err)
		assert.Contains(t, string(text), "saturated broadcast, 256 B", name)
	}
	recorded, err := os.ReadFile(manual)
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(recorded), "before\n"+tablesBegin) && strings.HasSuffix(string(recorded), tablesEnd+"\nafter\n"))
	assert.NotContains(t, string(recorded), "old")
	assert.Contains(t, string(recorded), "| mesh | ")
}

func TestCommandLinesThatAreWrong(t *testing.T) {
	for _, args := range [][]string{{"-servers", "2"}, {"-rounds", "0"}, {"-measure", "1ms"}, {"-size", "0"}, {"-run", "("}, {"more"}, {"-nonsense"}} {
		var stderr bytes.Buffer
		assert.Equal(t, 2, run(t.Context(), args, &stderr, &stderr), args)
		assert.NotEmpty(t, stderr.String())
	}
	assert.Zero(t, run(t.Context(), []string{"-h"}, new(bytes.Buffer), new(bytes.Buffer)))
}

func TestHistogramsAreAccurateToAThirtySecond(t *testing.T) {
	for d := time.Duration(1); d < time.Hour; d += d/7 + 1 {
		got := middleOf(bucketOf(d))
		assert.InEpsilon(t, float64(d), float64(got), 1.0/32, d)
	}
	assert.Zero(t, bucketOf(-5))
	var h histogram
	for k := range 1000 {
		h.add(time.Duration(k+1) * time.Microsecond)
	}
	c := Counts{}
	c.merge(h.counts())
	c.merge(h.counts())
	for q, want := range map[float64]time.Duration{0.5: 500 * time.Microsecond, 0.99: 990 * time.Microsecond, 1: time.Millisecond} {
		assert.InEpsilon(t, float64(want), float64(c.quantile(q)), 1.0/32)
	}
	assert.Zero(t, Counts{}.quantile(0.5))
}

func TestMessagesAreDueWhateverBecomesOfThem(t *testing.T) {
	begin := now()
	plan := schedule{begin, begin + int64(10*time.Millisecond), float64(time.Millisecond), 0.5}
	due := make(chan int64, plan.room())
	pace(t.Context(), plan, due) // nobody takes any
	var got []time.Duration
	for d := range due {
		got = append(got, time.Duration(d-begin))
	}
	require.Len(t, got, 10)
	assert.Equal(t, 500*time.Microsecond, got[0])
	assert.Equal(t, 9500*time.Microsecond, got[9])
	assert.GreaterOrEqual(t, time.Duration(now()-begin), got[9])
}

func TestSpreads(t *testing.T) {
	assert.Equal(t, Spread{2, 1, 3}, spreadOf([]float64{3, 1, 2}))
	assert.Equal(t, Spread{2.5, 1, 9}, spreadOf([]float64{9, 1, 2, 3}))
	assert.Equal(t, Spread{}, spreadOf(nil))
	for v, want := range map[float64]string{0: "0", 1.234: "1.23", 12.34: "12.3", 123.4: "123", 1234567: "1,234,567", 999: "999"} {
		assert.Equal(t, want, number(v))
	}
}

func TestUsageIsThatOfAProcess(t *testing.T) {
	before, err := usageOf(os.Getpid())
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "file")
	for begin := time.Now(); time.Since(begin) < 5*time.Millisecond; {
		require.NoError(t, os.WriteFile(path, make([]byte, 1000), 0o644))
	}
	after, err := usageOf(os.Getpid())
	require.NoError(t, err)
	used := after.minus(before)
	assert.Positive(t, used.CPU)
	assert.GreaterOrEqual(t, used.Wrote, int64(1000))
	busy, err := machineBusy()
	require.NoError(t, err)
	assert.Positive(t, busy)
}
