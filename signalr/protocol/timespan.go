package protocol

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of .NET's TimeSpan.
const tick = 100 * time.Nanosecond

// TimeSpans are Converters that let a time.Duration cross as .NET's TimeSpan does:
// in JSON as a string such as "1.02:03:04.0050000", of days, hours, minutes,
// seconds and their fraction (format "c"), and in MessagePack as an integer of
// 100 ns. Less than that is cut off. A TimeSpan of more than 292 years is the longest
// time.Duration, with its sign, and that is sent as TimeSpan.MaxValue or MinValue.
func TimeSpans() []Converter {
	return []Converter{
		ConvertJSON(
			func(d time.Duration) (string, error) { return formatTicks(ticksOf(d)), nil },
			func(text string) (time.Duration, error) {
				ticks, err := parseTicks(text)
				return durationOf(ticks), err
			}),
		ConvertMessagePack(
			func(d time.Duration) (int64, error) { return ticksOf(d), nil },
			func(ticks int64) (time.Duration, error) { return durationOf(ticks), nil }),
	}
}

// ticksOf returns d in ticks. The longest durations are TimeSpan.MaxValue and MinValue.
func ticksOf(d time.Duration) int64 {
	if d == math.MaxInt64 || d == math.MinInt64 {
		return int64(d)
	}
	return int64(d / tick)
}

// durationOf returns the nearest duration of that many ticks.
func durationOf(ticks int64) time.Duration {
	switch {
	case ticks > math.MaxInt64/int64(tick):
		return math.MaxInt64
	case ticks < math.MinInt64/int64(tick):
		return math.MinInt64
	}
	return time.Duration(ticks) * tick
}

// maxDays are the whole days of TimeSpan.MaxValue.
const maxDays = 10675199

// formatTicks returns ticks in the format "c" of .NET's TimeSpan.
func formatTicks(signed int64) string {
	var b strings.Builder
	ticks := uint64(signed)
	if signed < 0 {
		b.WriteByte('-')
		ticks = -ticks
	}
	seconds, fraction := ticks/1e7, ticks%1e7
	if days := seconds / 86400; days > 0 {
		fmt.Fprintf(&b, "%d.", days)
	}
	fmt.Fprintf(&b, "%02d:%02d:%02d", seconds/3600%24, seconds/60%60, seconds%60)
	if fraction > 0 {
		fmt.Fprintf(&b, ".%07d", fraction)
	}
	return b.String()
}

var timeSpan = regexp.MustCompile(`^(-)?(?:(\d{1,8})\.)?([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,7}))?$`)

// parseTicks reads the format "c" of .NET's TimeSpan.
func parseTicks(text string) (int64, error) {
	parts := timeSpan.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("%q is no time span such as 1.02:03:04.0050000", text)
	}
	if days, _ := strconv.Atoi("0" + parts[2]); days > maxDays {
		return 0, fmt.Errorf("%q is out of range of TimeSpan", text)
	}
	var ticks uint64 // of at most maxDays and a day, so less than 2^64
	for i, unit := range []uint64{86400e7, 3600e7, 60e7, 1e7} {
		n, _ := strconv.ParseUint("0"+parts[i+2], 10, 64) // they are few digits
		ticks += n * unit
	}
	fraction, _ := strconv.ParseUint((parts[6] + "0000000")[:7], 10, 64)
	ticks += fraction
	negative := parts[1] == "-"
	switch {
	case negative && ticks <= 1<<63:
		return int64(-ticks), nil
	case !negative && ticks < 1<<63:
		return int64(ticks), nil
	}
	return 0, fmt.Errorf("%q is out of range of TimeSpan", text)
}
