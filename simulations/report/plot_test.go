package report

import (
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestThinKeepsEveryPeakAndBothEnds(t *testing.T) {
	keeps := func(seed uint64, size uint16, n uint8) bool {
		random := rand.New(rand.NewPCG(seed, 0))
		points := make([]point, int(size)%5000+1)
		for i := range points {
			points[i] = point{float64(i), random.NormFloat64()}
		}
		kept := thin(points, int(n))
		byHeight := func(a, b point) int { return int(math.Copysign(1, a.y-b.y)) }
		rising := slices.IsSortedFunc(kept, func(a, b point) int { return int(a.x - b.x) })
		return rising && len(kept) <= max(len(points), int(n)+4) && kept[0] == points[0] && kept[len(kept)-1] == points[len(points)-1] &&
			slices.MaxFunc(kept, byHeight) == slices.MaxFunc(points, byHeight) && slices.MinFunc(kept, byHeight) == slices.MinFunc(points, byHeight)
	}
	require.NoError(t, quick.Check(keeps, nil))
}

func TestThinSurvivesGaps(t *testing.T) {
	points := make([]point, 1000)
	for i := range points {
		points[i] = point{float64(i), math.NaN()}
	}
	points[500].y = 7
	assert.Contains(t, thin(points, 100), point{500, 7})
}

var (
	coordinate = regexp.MustCompile(`-?\d+(\.\d+)?`)
	geometry   = regexp.MustCompile(`(?: d| x| y| cx| cy| width| height)="([^"]*)"`)
	notFinite  = regexp.MustCompile(`NaN|Inf`)
)

// FuzzPlotStaysInItsSheet holds that whatever figures a plot is given, what is
// drawn has finite coordinates, and in or near its sheet.
func FuzzPlotStaysInItsSheet(f *testing.F) {
	for choice := range uint8(32) {
		f.Add(choice, 0.0, 1.0, 2.0, -5.0, 12.0)
		f.Add(choice, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64)
		f.Add(choice, 1e-300, 1e300, 5e-324, 0.0, 1.0)
	}
	f.Fuzz(func(t *testing.T, choice uint8, a, b, c, d, e float64) {
		points := []point{{a, b}, {b, c}, {c, d}, {d, e}, {e, a}}
		xs := []axis{clock(a, b), between("log", a, b, inSeconds), upTo("linear", c, memoryUnits), {names: []string{"x", "y"}, lo: -0.5, hi: 1.5}}
		ys := []axis{upTo("linear", d, trafficUnits), between("log", d, e, inSeconds)}
		p := plot{
			title: "t", text: "d", x: xs[choice%4], y: ys[choice/4%2],
			series: []series{
				{name: "line", points: points, low: points, high: slices.Clone(points[1:])}, {name: "ribbon", points: points, low: points, high: points},
				{name: "steps", points: points, shape: steps}, {name: "dots", points: points, shape: dotted}, {name: "bars", points: points, shape: bars, low: points, high: points},
			},
			bands: []band{{a, b, "first"}, {c, d, "second"}, {e, e, "third"}},
			marks: []mark{{point{a, b}, "m"}},
		}
		s := slices.Concat(sheets, strips)[choice/8%4]
		drawn := p.svg("id", s)
		if notFinite.MatchString(drawn) {
			t.Fatalf("not finite: %s", drawn)
		}
		for _, attribute := range geometry.FindAllStringSubmatch(drawn, -1) {
			for _, n := range coordinate.FindAllString(attribute[1], -1) {
				if v, err := strconv.ParseFloat(n, 64); err != nil || v < -s.width || v > 2*s.width {
					t.Fatalf("%s in %s", n, attribute[0])
				}
			}
		}
	})
}

func TestLabelsOfBandsDoNotOverlap(t *testing.T) {
	apart := func(seed uint64, many uint8) bool {
		random := rand.New(rand.NewPCG(seed, 0))
		p := plot{x: clock(0, 600), y: upTo("y", 1, pieces)}
		for range many {
			from := random.Float64() * 600
			p.bands = append(p.bands, band{from, from + random.Float64()*60, "cut n1 and n2 for a while"[:random.IntN(25)]})
		}
		slices.SortFunc(p.bands, func(a, b band) int { return int(math.Copysign(1, a.from-b.from)) })
		d := &drawing{p: p, size: sheets[int(seed%2)]}
		d.lay()
		for i, a := range d.labels {
			for _, b := range d.labels[i+1:] {
				if a.lane == b.lane && a.x < b.x+textWidth(b.text) && b.x < a.x+textWidth(a.text) {
					return false
				}
			}
			if a.x < 0 || a.x+textWidth(a.text) > d.right+0.01 || a.lane >= lanes {
				return false
			}
		}
		return true
	}
	require.NoError(t, quick.Check(apart, nil))
}
