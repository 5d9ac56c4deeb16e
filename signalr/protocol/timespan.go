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
// 100 ns. Less than that is cut off. What is longer than 292 years is refused.
func TimeSpans() []Converter {
	return []Converter{
		ConvertJSON(func(d time.Duration) (string, error) { return formatTimeSpan(d), nil }, parseTimeSpan),
		ConvertMessagePack(
			func(d time.Duration) (int64, error) { return int64(d / tick), nil },
			func(ticks int64) (time.Duration, error) {
				if ticks > math.MaxInt64/int64(tick) || ticks < math.MinInt64/int64(tick) {
					return 0, fmt.Errorf("%d ticks are out of range of time.Duration", ticks)
				}
				return time.Duration(ticks) * tick, nil
			}),
	}
}

func formatTimeSpan(d time.Duration) string {
	var b strings.Builder
	ticks := uint64(d / tick)
	if d/tick < 0 {
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

var timeSpan = regexp.MustCompile(`^(-)?(?:(\d{1,6})\.)?([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,7}))?$`)

func parseTimeSpan(text string) (time.Duration, error) {
	parts := timeSpan.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("%q is no time span such as 1.02:03:04.0050000", text)
	}
	var ticks int64 // of less than 10^6 days, so less than 10^18
	for i, unit := range []int64{86400e7, 3600e7, 60e7, 1e7} {
		n, _ := strconv.ParseInt("0"+parts[i+2], 10, 64) // they are few digits
		ticks += n * unit
	}
	fraction, _ := strconv.ParseInt((parts[6] + "0000000")[:7], 10, 64)
	ticks += fraction
	if ticks > math.MaxInt64/int64(tick) {
		return 0, fmt.Errorf("%q is out of range of time.Duration", text)
	}
	if parts[1] == "-" {
		ticks = -ticks
	}
	return time.Duration(ticks) * tick, nil
}
