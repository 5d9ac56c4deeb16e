package report

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAmountsHaveThreeDigitsAndTheirUnit(t *testing.T) {
	assert.Equal(t, "0 s", amount(0, durationUnits))
	assert.Equal(t, "1.23 ms", amount(0.00123456, durationUnits))
	assert.Equal(t, "999 µs", amount(0.000999, durationUnits))
	assert.Equal(t, "1 ms", amount(0.0009998, durationUnits))
	assert.Equal(t, "0.1 ns", amount(1e-10, durationUnits))
	assert.Equal(t, "19.2 Mbit/s", amount(19.2e6, bitRateUnits))
	assert.Equal(t, "64 MiB", memory(64<<20))
	assert.Equal(t, "67.1 MB", volume(64<<20))
	assert.Equal(t, none, amount(math.NaN(), durationUnits))
	assert.Equal(t, "12,345,678", count(12_345_678))
	assert.Equal(t, "18,446,744,073,709,551,615", count(uint64(math.MaxUint64)))
	assert.Equal(t, "-1,234.5", commas("-1234.5"))
	assert.Equal(t, "12", commas("12"))
	assert.Equal(t, "0.503", digits(0.503))
	assert.Equal(t, "1,235", digits(1234.5678))
}

func TestOnlyAllIsAHundredPercent(t *testing.T) {
	assert.Equal(t, "100 %", portion(1))
	assert.Equal(t, "99.9999 %", portion(0.999999))
	assert.Equal(t, "99.9 %", portion(0.9989))
	assert.Equal(t, "0 %", portion(0))
	assert.Equal(t, "0.0001 %", portion(0.000001))
	assert.Equal(t, none, portion(math.NaN()))
}

func TestChangeIsInPercentOrAFactor(t *testing.T) {
	assert.Equal(t, "0 %", change(3, 3))
	assert.Equal(t, "0 %", change(0, 0))
	assert.Equal(t, "+100 %", change(1, 2))
	assert.Equal(t, "−50 %", change(2, 1))
	assert.Equal(t, "+1.5 %", change(1000, 1015))
	assert.Equal(t, "×12", change(1, 12))
	assert.Equal(t, none, change(0, 1), "there is no percentage of nothing")
	assert.Equal(t, "−100 %", change(1, 0))
	assert.Equal(t, none, change(math.NaN(), 1))
}

func TestMomentsAndSpans(t *testing.T) {
	assert.Equal(t, "1 min 30 s", at(90))
	assert.Equal(t, "2 min", at(120))
	assert.Equal(t, "-10 s", at(-10))
	assert.Equal(t, "10 min", span(600))
	assert.Equal(t, "12.4 s", span(12.4))
	assert.Equal(t, "2 min", span(119.9999))
}
