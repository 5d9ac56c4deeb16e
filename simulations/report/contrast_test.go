package report

import (
	"math"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// luminance is the relative luminance of #rrggbb (WCAG 2.2).
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(colour[1:], 16, 24)
	require.NoError(t, err)
	linear := func(shift uint) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(16) + 0.7152*linear(8) + 0.0722*linear(0)
}

// TestColoursStandOut holds the page to WCAG 2.2: 4.5:1 for text (1.4.3), 3:1
// for what a plot draws (1.4.11), in light and in dark.
func TestColoursStandOut(t *testing.T) {
	colours := map[string][2]string{}
	for _, m := range regexp.MustCompile(`--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)`).FindAllStringSubmatch(pageCSS, -1) {
		colours[m[1]] = [2]string{m[2], m[3]}
	}
	pairs := map[[2]string]float64{
		{"good", "good-bg"}: 4.5, {"warn", "warn-bg"}: 4.5, {"bad", "bad-bg"}: 4.5,
		{"soft", "card"}: 4.5, {"ink", "card"}: 4.5, {"ink", "band"}: 4.5, {"fault", "paper"}: 3, {"fault", "band"}: 3,
	}
	for _, text := range []string{"ink", "soft", "good", "warn", "bad", "link"} {
		pairs[[2]string{text, "paper"}] = 4.5
	}
	for _, series := range []string{"c0", "c1", "c2", "c3", "c4", "c5"} {
		pairs[[2]string{series, "paper"}], pairs[[2]string{series, "band"}] = 3, 3
	}
	for pair, least := range pairs {
		front, back := colours[pair[0]], colours[pair[1]]
		for i, scheme := range []string{"light", "dark"} {
			require.Len(t, front[i], 7, pair[0])
			a, b := luminance(t, front[i]), luminance(t, back[i])
			contrast := (max(a, b) + 0.05) / (min(a, b) + 0.05)
			assert.GreaterOrEqual(t, contrast, least, "%s on %s in %s", pair[0], pair[1], scheme)
		}
	}
}
