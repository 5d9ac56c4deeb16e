package report

import (
	"math"
	"strconv"
)

// roundStep returns the smallest of 1, 2 and 5 times a power of ten that
// divides span into at most n parts, or 0 if there is none.
func roundStep(span float64, n int) float64 {
	if !(span > 0) || !finite(span) || n < 1 {
		return 0
	}
	raw := span / float64(n)
	power := math.Pow10(int(math.Floor(math.Log10(raw))))
	for _, m := range []float64{1, 2, 5, 10} {
		if step := m * power; step >= raw*(1-1e-9) && finite(step) {
			return step
		}
	}
	return 0
}

// roundTicks returns the round figures from lo to hi, at most n+1, rising, all
// multiples of one roundStep. There are none if lo to hi is not a finite range,
// or one too narrow for a float64 to count in.
func roundTicks(lo, hi float64, n int) []float64 {
	step := roundStep(hi-lo, n)
	if step == 0 || math.Max(math.Abs(lo), math.Abs(hi))/step > 1e12 {
		return nil
	}
	const slack = 1e-9 // for what the divisions lose
	var at []float64
	for i := math.Ceil(lo/step - slack); i <= math.Floor(hi/step+slack); i++ {
		at = append(at, min(max(i*step, lo), hi))
	}
	return at
}

// tickText writes one of the figures that are step apart, with the decimals
// they need to differ.
func tickText(v, step float64) string {
	decimals := 0
	if step > 0 && step < 1 {
		decimals = min(int(math.Ceil(-math.Log10(step)-1e-9)), 12)
	}
	if v == 0 {
		return "0" // and never "-0"
	}
	return commas(strconv.FormatFloat(v, 'f', decimals, 64))
}

// logTicks returns figures from lo to hi, at most n+1, rising: 1, 2 and 5 times
// the powers of ten if there is room, or 1 and 3, or 1, or fewer still. There
// are none if lo to hi is not a finite range above zero.
func logTicks(lo, hi float64, n int) []float64 {
	if !(lo > 0) || !(hi > lo) || !finite(hi) || n < 1 {
		return nil
	}
	at := decadeTicks(lo, hi, 1, 1, 2, 5)
	if len(at) > n+1 {
		at = decadeTicks(lo, hi, 1, 1, 3)
	}
	for skip := 1; len(at) > n+1; skip++ {
		at = decadeTicks(lo, hi, skip, 1)
	}
	return at
}

// decadeTicks returns the multiples of every skip-th power of ten that are
// within lo to hi.
func decadeTicks(lo, hi float64, skip int, multiples ...float64) []float64 {
	const slack = 1e-9 // for what the powers lose
	var at []float64
	first, last := math.Floor(math.Log10(lo)), math.Ceil(math.Log10(hi))
	for power := int(first); power <= int(last); power++ {
		if power%skip != 0 {
			continue
		}
		for _, m := range multiples {
			if v := m * math.Pow10(power); v >= lo*(1-slack) && v <= hi*(1+slack) {
				at = append(at, min(max(v, lo), hi))
			}
		}
	}
	return at
}

// logEnds widens lo to hi, both above zero, to the next 1, 2 or 5 times a power
// of ten.
func logEnds(lo, hi float64) (float64, float64) {
	down, up := math.Pow10(int(math.Floor(math.Log10(lo)))), math.Pow10(int(math.Floor(math.Log10(hi))))
	for _, m := range []float64{5, 2} {
		if m*down <= lo*(1+1e-9) {
			down *= m
			break
		}
	}
	for _, m := range []float64{1, 2, 5, 10} {
		if m*up >= hi*(1-1e-9) {
			up *= m
			break
		}
	}
	if !(up > down) {
		up = 10 * down
	}
	return down, up
}
