package main

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDurationsAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "90s": 90 * time.Second, "10m": 10 * time.Minute, "2 min": 2 * time.Minute, "1d": 24 * time.Hour,
		"1h30m": 90 * time.Minute, "1h 30m": 90 * time.Minute, "1.5h": 90 * time.Minute, ".5s": 500 * time.Millisecond, "500 ms": 500 * time.Millisecond,
		"10 seconds": 10 * time.Second, "1 Day 2 Hours": 26 * time.Hour, "5SEC": 5 * time.Second, "1m30.5s": 90500 * time.Millisecond,
		"-1s": -time.Second, "+1s": time.Second, " 7s ": 7 * time.Second, "3us": 3 * time.Microsecond, "3µs": 3 * time.Microsecond, "9ns": 9,
	} {
		got, err := parseDuration(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for text, want := range map[string]string{
		"":              `"" is not a time; write a time as 500ms, 90s, 10m, 1h30m or 1d`,
		"60":            `"60" has no unit; write a time as`,
		"1.5":           `"1.5" has no unit`,
		"soon":          `"soon" is not a time`,
		"5 apples":      `"5 apples" has the unknown unit "apples"`,
		"1h30":          `"1h30" is not a time`,
		"1,5s":          `is not a time`,
		"1e3s":          `has the unknown unit "e"`,
		"s":             `is not a time`,
		"999999999999d": `is longer than the largest time`,
		"inf":           `has no unit`,
		"--1s":          `is not a time`,
	} {
		_, err := parseDuration(text)
		assert.ErrorContains(t, err, want, text)
	}
}

// Every duration that time.Duration writes is read as itself.
func FuzzDurations(f *testing.F) {
	f.Add(int64(0))
	f.Add(int64(90 * time.Second))
	f.Add(int64(-1500 * time.Millisecond))
	f.Fuzz(func(t *testing.T, n int64) {
		d := time.Duration(n)
		if d.Abs() > 100*24*time.Hour {
			t.Skip("beyond the precision of a float64")
		}
		got, err := parseDuration(d.String())
		require.NoError(t, err)
		assert.InDelta(t, int64(d), int64(got), 2)
		short, err := parseDuration(shortDuration(d))
		require.NoError(t, err)
		assert.Equal(t, got, short)
	})
}

func FuzzParseSize(f *testing.F) {
	f.Add("64MB")
	f.Add("-1 MiB")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseSize(text)
		if err != nil {
			return
		}
		again, err := parseSize(formatSize(n))
		require.NoError(t, err)
		assert.Equal(t, n, again)
	})
}

func TestSizesAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]int{
		"0": 0, "1024": 1024, "67108864": 64 << 20, "64MB": 64_000_000, "64 MB": 64_000_000, "64mb": 64_000_000, "64M": 64_000_000,
		"64MiB": 64 << 20, "64 MiB": 64 << 20, "64Mi": 64 << 20, "64mib": 64 << 20, "1.5GiB": 3 << 29, "2KB": 2000, "2KiB": 2048, "2k": 2000, "10B": 10, "1G": 1_000_000_000,
		" 5 ": 5, "-1": -1,
	} {
		got, err := parseSize(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "MB", "64 apples", "64MBs", "-1MB", "1e3", "x"} {
		_, err := parseSize(text)
		assert.ErrorContains(t, err, "is not a size; write a size in bytes, or as 64MB (64,000,000 bytes) or 64MiB (67,108,864 bytes)", text)
	}
	_, err := parseSize("10EB")
	assert.ErrorContains(t, err, "is more than the largest size")
	assert.Equal(t, "64MiB", formatSize(64<<20))
	assert.Equal(t, "3GiB", formatSize(3<<30))
	assert.Equal(t, "1500", formatSize(1500))
	assert.Equal(t, "0", formatSize(0))
	assert.NotEmpty(t, formatSize(math.MaxInt))
}

func TestShortDurations(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Minute: "1m", time.Hour: "1h", 90 * time.Minute: "1h30m", 30 * time.Second: "30s", 24 * time.Hour: "24h", 10*time.Hour + 10*time.Minute + 10*time.Second: "10h10m10s",
		100 * time.Minute: "1h40m", 10 * time.Minute: "10m",
	} {
		assert.Equal(t, want, shortDuration(d))
	}
}
