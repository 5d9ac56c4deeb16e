package ncconf

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

var (
	integer      = regexp.MustCompile(`^[+-]?[0-9]+$`)
	wholeDecimal = regexp.MustCompile(`^([+-]?[0-9]+)\.0*$`)
	decimal      = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]*)?$|^[+-]?\.[0-9]+$`)
)

// number reads an integer of NCache's width, 32 bits. ok is false if the
// attribute is missing, or wrong and reported; the default counts then.
func (s *section) number(a *attribute, unit string) (n int, ok bool) {
	if a == nil {
		return 0, false
	}
	text := strings.Trim(a.value, blanks)
	if m := wholeDecimal.FindStringSubmatch(text); m != nil {
		text = m[1]
		s.attribute(diag.Notice, s.e, a, "%s is read as %s; NCache refuses a decimal point here", a.shown(), text)
	}
	v, err := strconv.ParseInt(text, 10, 32)
	if !integer.MatchString(text) || err != nil {
		s.badNumber(a, "a whole number"+unit)
		return 0, false
	}
	return int(v), true
}

// badNumber reports a value that is no number: an error, or in lenient mode a
// warning that the default counts.
func (s *section) badNumber(a *attribute, expected string) {
	if s.lenient && a.key != "port" {
		s.attribute(diag.Warning, s.e, a, "%s is not %s; the default is used", a.shown(), expected)
		return
	}
	s.attribute(diag.Error, s.e, a, "%s is not %s", a.shown(), expected)
}

// seconds reads a duration in whole seconds, at least least.
func (s *section) seconds(a *attribute, least int, fallback time.Duration) Setting[time.Duration] {
	n, ok := s.number(a, " of seconds")
	if !ok {
		return byDefault(fallback)
	}
	if n < least {
		s.attribute(diag.Warning, s.e, a, "%s is below %d; %v is used", a.shown(), least, fallback)
		return byDefault(fallback)
	}
	return Setting[time.Duration]{time.Duration(n) * time.Second, a.at}
}

// fraction reads a duration in seconds with a decimal point.
func (s *section) fraction(a *attribute, fallback time.Duration) Setting[time.Duration] {
	if a == nil {
		return byDefault(fallback)
	}
	text := strings.Trim(a.value, blanks)
	v, err := strconv.ParseFloat(text, 64)
	if !decimal.MatchString(text) || err != nil || v > math.MaxInt32 {
		s.badNumber(a, `a number of seconds such as "0.1"`)
		return byDefault(fallback)
	}
	if v < 0 {
		s.attribute(diag.Warning, s.e, a, "%s is below 0; %v is used", a.shown(), fallback)
		return byDefault(fallback)
	}
	return Setting[time.Duration]{time.Duration(math.Round(v * float64(time.Second))), a.at}
}

// count reads a number of times; what is outside lo to hi is cut to the range.
func (s *section) count(a *attribute, lo, hi, fallback int) Setting[int] {
	n, ok := s.number(a, "")
	if !ok {
		return byDefault(fallback)
	}
	switch {
	case n < lo:
		s.attribute(diag.Warning, s.e, a, "%s is below %d; %d is used", a.shown(), lo, lo)
	case n > hi:
		s.attribute(diag.Warning, s.e, a, "%s is above %d; %d is used", a.shown(), hi, hi)
	}
	return Setting[int]{min(max(n, lo), hi), a.at}
}

// port reads a TCP port. A wrong one is always an error: the node would join
// nothing, or the wrong mesh.
func (s *section) port(a *attribute, fallback int) Setting[int] {
	n, ok := s.number(a, " from 1 to 65535")
	if !ok {
		return byDefault(fallback)
	}
	if n < 1 || n > 65535 {
		s.attribute(diag.Error, s.e, a, "%s is no TCP port; expected 1 to 65535", a.shown())
		return byDefault(fallback)
	}
	return Setting[int]{n, a.at}
}

// flag reads a boolean.
func (s *section) flag(a *attribute, fallback bool) Setting[bool] {
	if a == nil {
		return byDefault(fallback)
	}
	v := Setting[bool]{Origin: a.at}
	switch strings.ToLower(strings.Trim(a.value, blanks)) {
	case "true":
		v.Value = true
		return v
	case "false":
		return v
	case "yes", "1", "on":
		v.Value = true
	case "no", "0", "off":
	default:
		s.attribute(diag.Error, s.e, a, `%s is not "true" or "false"`, a.shown())
		return byDefault(fallback)
	}
	s.attribute(diag.Warning, s.e, a, `%s is read as "%t"; NCache knows only "true" and "false"`, a.shown(), v.Value)
	return v
}

// word reads a text without the blanks around it.
func (s *section) word(a *attribute) Setting[string] {
	if a == nil {
		return byDefault("")
	}
	return Setting[string]{strings.TrimSpace(a.value), a.at}
}
