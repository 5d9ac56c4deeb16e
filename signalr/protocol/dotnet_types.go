package protocol

import (
	"errors"
	"fmt"
	"reflect"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// An asNumber is a type that is a text in JSON, by its MarshalText and UnmarshalText,
// and an integer in MessagePack, as the .NET type of that name is.
type asNumber interface {
	// check returns an error if the integer is out of the range of the .NET type.
	check() error
}

var numberType = reflect.TypeFor[asNumber]()

// isNumberType reports whether t is an asNumber, by value.
func isNumberType(t reflect.Type) bool {
	return t.PkgPath() != "" && t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64 && t.Implements(numberType)
}

// A DateOnly is .NET's DateOnly: a date without a time of day, as the number of days
// since January 1 of year 1. It is a text such as "2024-02-29" in JSON and an integer
// in MessagePack. Dates end with December 31, 9999.
type DateOnly int32

const (
	maxDateOnly = 3652058
	// unixDay is the DateOnly of January 1, 1970.
	unixDay = 719162
)

// DateOf returns the date of t in the location of t.
func DateOf(t time.Time) DateOnly {
	year, month, day := t.Date()
	return DateOnly(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()/86400 + unixDay)
}

// Time returns midnight of the date in UTC.
func (d DateOnly) Time() time.Time { return time.Unix((int64(d)-unixDay)*86400, 0).UTC() }

// String returns the date as in JSON.
func (d DateOnly) String() string { return d.Time().Format(time.DateOnly) }

// MarshalText returns the date as in JSON.
func (d DateOnly) MarshalText() ([]byte, error) { return []byte(d.String()), d.check() }

// UnmarshalText reads a date such as "2024-02-29".
func (d *DateOnly) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("%q is not a date such as 2024-02-29", text)
	}
	*d = DateOf(t)
	return d.check()
}

func (d DateOnly) check() error {
	if d < 0 || d > maxDateOnly {
		return fmt.Errorf("day %d is out of range: dates are from year 1 to 9999", int32(d))
	}
	return nil
}

// A TimeOnly is .NET's TimeOnly: a time of day, as the number of ticks of 100 ns since
// midnight. It is a text such as "15:04:05" or "15:04:05.0000001" in JSON and an
// integer in MessagePack.
type TimeOnly int64

const ticksPerDay = int64(24 * time.Hour / tick)

// TimeOf returns the time of day of t in the location of t, rounded down to ticks.
func TimeOf(t time.Time) TimeOnly {
	hour, minute, second := t.Clock()
	return TimeOnly((int64(hour)*3600+int64(minute)*60+int64(second))*1e7 + int64(t.Nanosecond()/100))
}

// Duration returns the time since midnight.
func (t TimeOnly) Duration() time.Duration { return time.Duration(t) * tick }

// String returns the time of day as in JSON.
func (t TimeOnly) String() string { return formatTicks(int64(t)) }

// MarshalText returns the time of day as in JSON.
func (t TimeOnly) MarshalText() ([]byte, error) { return []byte(t.String()), t.check() }

// UnmarshalText reads a time of day such as "15:04:05" or "15:04:05.0000001".
func (t *TimeOnly) UnmarshalText(text []byte) error {
	ticks, err := parseTicks(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a time of day such as 15:04:05", text)
	}
	*t = TimeOnly(ticks)
	return t.check()
}

func (t TimeOnly) check() error {
	if t < 0 || int64(t) >= ticksPerDay {
		return fmt.Errorf("%d ticks are out of range: a time of day is less than 24 hours", int64(t))
	}
	return nil
}

// A Char is .NET's char: one UTF-16 code unit. It is a text of one character in JSON
// and an integer in MessagePack. Characters beyond U+FFFF, such as most emoji, are two
// code units and no Char. Half of such a pair is U+FFFD in JSON.
type Char uint16

// String returns the character as a text.
func (c Char) String() string { return string(rune(c)) }

// MarshalText returns the character as a text.
func (c Char) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads a text of one character.
func (c *Char) UnmarshalText(text []byte) error {
	r, size := utf8.DecodeRune(text)
	if size == 0 || size != len(text) || utf16.RuneLen(r) != 1 {
		return errors.New("a char is a text of one character up to U+FFFF")
	}
	*c = Char(r)
	return nil
}

func (Char) check() error { return nil }
