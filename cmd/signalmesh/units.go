package main

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// The forms that errors name.
const (
	durationForms = "write a time as 500ms, 90s, 10m, 1h30m or 1d"
	sizeForms     = "write a size in bytes, or as 64MB (64,000,000 bytes) or 64MiB (67,108,864 bytes)"
)

// durationPart is a number and its unit, at the start of a duration.
var durationPart = regexp.MustCompile(`^\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*([A-Za-zµμ]+)`)

// durationUnits are the units of durations in lower case.
var durationUnits = map[string]time.Duration{}

func init() {
	for unit, names := range map[time.Duration]string{
		time.Nanosecond:  "ns nanosecond nanoseconds",
		time.Microsecond: "us µs μs microsecond microseconds",
		time.Millisecond: "ms msec msecs millisecond milliseconds",
		time.Second:      "s sec secs second seconds",
		time.Minute:      "m min mins minute minutes",
		time.Hour:        "h hr hrs hour hours",
		24 * time.Hour:   "d day days",
	} {
		for _, name := range strings.Fields(names) {
			durationUnits[name] = unit
		}
	}
}

// parseDuration reads a time as people write it: everything that time.ParseDuration
// takes, days, names of units, blanks and any letter case. Numbers have a unit, except 0.
func parseDuration(text string) (time.Duration, error) {
	rest := strings.TrimSpace(text)
	negative := strings.HasPrefix(rest, "-")
	if negative || strings.HasPrefix(rest, "+") {
		rest = rest[1:]
	}
	number, err := strconv.ParseFloat(rest, 64)
	switch {
	case err == nil && number == 0:
		return 0, nil
	case err == nil:
		return 0, fmt.Errorf("%q has no unit; %s", text, durationForms)
	case rest == "":
		return 0, fmt.Errorf("%q is not a time; %s", text, durationForms)
	}
	sum := 0.0
	for rest != "" {
		part := durationPart.FindStringSubmatch(rest)
		if part == nil {
			return 0, fmt.Errorf("%q is not a time; %s", text, durationForms)
		}
		number, err := strconv.ParseFloat(part[1], 64)
		unit, known := durationUnits[strings.ToLower(part[2])]
		if err != nil || !known {
			return 0, fmt.Errorf("%q has the unknown unit %q; %s", text, part[2], durationForms)
		}
		sum += number * float64(unit)
		rest = strings.TrimSpace(rest[len(part[0]):])
	}
	if sum >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is longer than the largest time, 290 years", text)
	}
	if negative {
		sum = -sum
	}
	return time.Duration(math.Round(sum)), nil
}

// parseSize reads a number of bytes as people write it. KB, MB and GB are powers of
// 1000, and KiB, MiB and GiB of 1024. A single letter is as in Kubernetes: 64M is 64MB,
// and 64Mi is 64MiB.
func parseSize(text string) (int, error) {
	trimmed := strings.TrimSpace(text)
	if n, err := strconv.Atoi(trimmed); err == nil {
		return n, nil // also a negative one, which is checked where its meaning is known
	}
	n, err := humanize.ParseBytes(trimmed)
	switch {
	case err != nil || strings.HasPrefix(trimmed, "-"):
		return 0, fmt.Errorf("%q is not a size; %s", text, sizeForms)
	case n > math.MaxInt:
		return 0, fmt.Errorf("%q is more than the largest size, %s", text, formatSize(math.MaxInt))
	}
	return int(n), nil
}

// formatSize writes a number of bytes with the largest unit that needs no fraction.
func formatSize(n int) string {
	for _, unit := range []struct {
		name  string
		bytes int
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n != 0 && n%unit.bytes == 0 {
			return strconv.Itoa(n/unit.bytes) + unit.name
		}
	}
	return strconv.Itoa(n)
}
