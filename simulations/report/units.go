package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A unit is what figures of one kind are told in: one of it is size of the
// base (seconds, bytes, bits, pieces).
type unit struct {
	name string
	size float64
}

// The units of each kind, smallest first. Traffic is told in powers of ten, as
// links are sold, and memory in powers of two, as Go and the kernel tell it.
var (
	durationUnits = []unit{{"ns", 1e-9}, {"µs", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"min", 60}, {"h", 3600}}
	clockUnits    = []unit{{"s", 1}, {"min", 60}, {"h", 3600}}
	trafficUnits  = []unit{{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}}
	bitRateUnits  = []unit{{"bit/s", 1}, {"kbit/s", 1e3}, {"Mbit/s", 1e6}, {"Gbit/s", 1e9}, {"Tbit/s", 1e12}}
	memoryUnits   = []unit{{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}}
	pieces        = []unit{{"", 1}}
)

// unitFor returns the unit in which most is a figure of at least least, or the
// smallest.
func unitFor(most, least float64, units []unit) unit {
	for _, u := range slices.Backward(units) {
		if math.Abs(most) >= least*u.size {
			return u
		}
	}
	return units[0]
}

// none is what stands for a figure that is not there.
const none = "–"

// amount writes v in the unit that fits it best, with three digits.
func amount(v float64, units []unit) string {
	if !finite(v) {
		return none
	}
	u := unitFor(v, 0.9995, units)
	if v == 0 {
		u = units[slices.IndexFunc(units, func(u unit) bool { return u.size == 1 })] // every kind has its base
	}
	return strings.TrimSpace(digits(v/u.size) + " " + u.name)
}

// count writes a whole number with commas between its thousands.
func count[N ~int | ~int64 | ~uint64](n N) string { return commas(fmt.Sprint(n)) }

// digits writes v with three significant digits, or whole and with commas when
// it is larger than that.
func digits(v float64) string {
	if !finite(v) {
		return none
	}
	decimals := 0
	switch size := math.Abs(v); {
	case size == 0 || size >= 99.95:
	case size >= 9.995:
		decimals = 1
	case size >= 0.9995:
		decimals = 2
	default:
		decimals = min(2-int(math.Floor(math.Log10(size))), 12)
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if decimals > 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return commas(s)
}

// commas puts a comma between the thousands of a number written in decimal.
func commas(s string) string {
	whole, part, _ := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	if part != "" {
		whole += "." + part
	}
	return sign + whole
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// portion writes a share from 0 to 1 in percent. Only all is "100 %", and only
// nothing "0 %", however near it comes.
func portion(share float64) string {
	if !finite(share) {
		return none
	}
	for decimals := 1; decimals < 9; decimals++ {
		s := strconv.FormatFloat(100*share, 'f', decimals, 64)
		if near, _ := strconv.ParseFloat(s, 64); (near < 100 || share >= 1) && (near > 0 || share <= 0) {
			return strings.TrimSuffix(s, ".0") + " %"
		}
	}
	return strconv.FormatFloat(100*share, 'g', -1, 64) + " %"
}

// change writes by how much v differs from base: "+12 %", or as a factor from
// tenfold on. It is none if there is nothing to compare.
func change(base, v float64) string {
	if !finite(base) || !finite(v) || base == 0 && v != 0 {
		return none
	}
	if v == base {
		return "0 %"
	}
	if f := v / base; f >= 10 {
		return "×" + digits(f)
	}
	s := strconv.FormatFloat(100*(v/base-1), 'f', 1, 64)
	if near, _ := strconv.ParseFloat(s, 64); near >= 10 || near <= -10 {
		s = strconv.FormatFloat(near, 'f', 0, 64)
	}
	s = strings.TrimSuffix(s, ".0")
	if !strings.HasPrefix(s, "-") {
		return "+" + s + " %"
	}
	return "−" + s[1:] + " %"
}
