package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A valueError says what is wrong with a value.
type valueError struct{ value, text string }

// Error writes the beginning of the value, which may be a whole file.
func (e valueError) Error() string { return fmt.Sprintf("%.64q %s", e.value, e.text) }

func wrongValue(value []byte, text string) error { return valueError{string(value), text} }

// A Duration is a time with its unit: "250ms", "2m30s".
type Duration time.Duration

// D is d as the standard library has it.
func (d Duration) D() time.Duration { return time.Duration(d) }

func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes what UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a duration of 0 to 1,000 h.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil || v < 0 || v > 1000*time.Hour {
		return wrongValue(b, "is no duration; write a number with ns, us, ms, s, m or h, for example 250ms or 2m30s")
	}
	*d = Duration(v)
	return nil
}

// A Range is any duration from Min to Max: "1ms..20ms", or "5ms" for one.
type Range struct{ Min, Max time.Duration }

func (r Range) String() string {
	if r.Min == r.Max {
		return r.Min.String()
	}
	return r.Min.String() + ".." + r.Max.String()
}

// MarshalText writes what UnmarshalText reads.
func (r Range) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads one duration or two.
func (r *Range) UnmarshalText(b []byte) error {
	from, to, two := strings.Cut(string(b), "..")
	if !two {
		to = from
	}
	var low, high Duration
	if low.UnmarshalText([]byte(from)) != nil || high.UnmarshalText([]byte(to)) != nil || low > high {
		return wrongValue(b, "is no range of durations; write one, for example 5ms, or the least and the most, for example 1ms..20ms")
	}
	*r = Range{low.D(), high.D()}
	return nil
}

// A Share is a part of a whole, 0 to 1: "0.5%" or "0.005".
type Share float64

func (s Share) String() string {
	return strconv.FormatFloat(float64(s)*100, 'g', 6, 64) + "%"
}

// MarshalText writes what UnmarshalText reads.
func (s Share) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a percentage or a fraction.
func (s *Share) UnmarshalText(b []byte) error {
	text, percent := strings.CutSuffix(string(b), "%")
	v, err := strconv.ParseFloat(text, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v <= 1) {
		return wrongValue(b, "is no share; write a percentage, for example 0.5%, or a number from 0 to 1")
	}
	*s = Share(v)
	return nil
}

// A Bandwidth is in bits a second: "100Mbit", "1Gbit".
type Bandwidth float64

var bandwidthUnits = []unit{{"Gbit", 1e9}, {"Mbit", 1e6}, {"kbit", 1e3}, {"bit", 1}}

func (v Bandwidth) String() string { return withUnit(float64(v), bandwidthUnits) }

// MarshalText writes what UnmarshalText reads.
func (v Bandwidth) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a bandwidth of 1 kbit/s to 1,000 Gbit/s.
func (v *Bandwidth) UnmarshalText(b []byte) error {
	f, ok := parseUnit(string(b), bandwidthUnits)
	if !ok || f < 1e3 || f > 1e12 {
		return wrongValue(b, "is no bandwidth; write bits a second with kbit, Mbit or Gbit, for example 100Mbit")
	}
	*v = Bandwidth(f)
	return nil
}

// A Size is in bytes: "512", "64KiB", "16MiB".
type Size int64

var sizeUnits = []unit{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

func (v Size) String() string { return withUnit(float64(v), sizeUnits) }

// MarshalText writes what UnmarshalText reads.
func (v Size) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a size of 0 to 64 GiB.
func (v *Size) UnmarshalText(b []byte) error {
	f, ok := parseUnit(string(b), append(sizeUnits, unit{"", 1}))
	if !ok || f < 0 || f > 64<<30 || f != float64(int64(f)) {
		return wrongValue(b, "is no size; write bytes, or a number with KiB, MiB or GiB, for example 64KiB")
	}
	*v = Size(f)
	return nil
}

// Sizes is any size from Min to Max: "256", "100..4KiB".
type Sizes struct{ Min, Max Size }

func (s Sizes) String() string {
	if s.Min == s.Max {
		return s.Min.String()
	}
	return s.Min.String() + ".." + s.Max.String()
}

// MarshalText writes what UnmarshalText reads.
func (s Sizes) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// IsZero tells whether nothing is set.
func (s Sizes) IsZero() bool { return s == Sizes{} }

// UnmarshalText reads one size or two.
func (s *Sizes) UnmarshalText(b []byte) error {
	from, to, two := strings.Cut(string(b), "..")
	if !two {
		to = from
	}
	var r Sizes
	if r.Min.UnmarshalText([]byte(from)) != nil || r.Max.UnmarshalText([]byte(to)) != nil || r.Min > r.Max || r.Min < 1 || r.Max > 15<<20 {
		return wrongValue(b, "is no size of a message; write bytes, for example 512 or 64KiB, or a range, for example 100..4KiB, up to 15MiB")
	}
	*s = r
	return nil
}

type unit struct {
	name   string
	factor float64
}

func parseUnit(text string, units []unit) (float64, bool) {
	for _, u := range units {
		if number, ok := strings.CutSuffix(text, u.name); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			return v * u.factor, err == nil && v == v
		}
	}
	return 0, false
}

// withUnit writes v in the largest unit of which it is a whole number, else in the last.
func withUnit(v float64, units []unit) string {
	for _, u := range units {
		if n := v / u.factor; n >= 1 && n == float64(int64(n)) || u.factor == 1 {
			return strconv.FormatFloat(n, 'f', -1, 64) + u.name
		}
	}
	return ""
}
