package measure

import (
	"fmt"
	"math"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// A Figure is one that is predicted and measured.
type Figure string

// The figures. Times are in milliseconds, traffic is sent by one server, in kbit/s.
const (
	P50     Figure = "p50"
	P99     Figure = "p99"
	Loaded  Figure = "sent under load"
	Idle    Figure = "sent when idle"
	Join    Figure = "join, median"
	Suspect Figure = "suspect, median"
	Detect  Figure = "detect, median"
	Heal    Figure = "heal, median"
)

// Limit is by how much a prediction may differ from the measurement, as a share of it.
func (f Figure) Limit() float64 {
	switch f {
	case P50, Loaded, Idle:
		return 0.15
	}
	return 0.25
}

// Unit is that of the figure.
func (f Figure) Unit() string {
	if f == Loaded || f == Idle {
		return "kbit/s"
	}
	return "ms"
}

// Figures are the values of one run. A figure that nothing was observed for is missing.
type Figures map[Figure]float64

// of returns the figures of a simulated run. seconds is how long the load ran.
func of(r result.Result, seconds float64) Figures {
	f := Figures{}
	for figure, l := range map[Figure]result.Latency{Join: r.Join, Suspect: r.Suspect, Detect: r.Detect, Heal: r.Heal} {
		if l.Count > 0 {
			f[figure] = l.P50MS
		}
	}
	if r.Latency.Count > 0 {
		f[P50], f[P99] = r.Latency.P50MS, r.Latency.P99MS
	}
	servers := float64(max(1, len(r.Servers)))
	for _, s := range r.Servers {
		f[Loaded] += 8 * float64(s.SentBytes) / seconds / servers / 1e3
	}
	for _, t := range r.Traffic {
		f[Idle] += t.IdleBitsPerSecond / servers / 1e3
	}
	return f
}

// A Row compares the predictions of one figure with its measurement.
type Row struct {
	Case            string
	Figure          Figure
	Core, Stack     float64
	Measured        float64
	CoreOK, StackOK bool
	Note            string
}

// row makes a Row; a figure that one of the runs lacks is not within its limit.
func row(name string, f Figure, core, stack, measured Figures) Row {
	r := Row{Case: name, Figure: f, Core: core[f], Stack: stack[f], Measured: measured[f]}
	r.CoreOK, r.StackOK = within(f, core[f], measured[f]), within(f, stack[f], measured[f])
	return r
}

func within(f Figure, predicted, measured float64) bool {
	return predicted > 0 && measured > 0 && math.Abs(predicted-measured) <= f.Limit()*measured
}

// Cells are the columns of the row, as Columns has them.
func (r Row) Cells() []string {
	return []string{
		r.Case, fmt.Sprintf("%s (%s)", r.Figure, r.Figure.Unit()), number(r.Core), number(r.Stack), number(r.Measured),
		deviation(r.Core, r.Measured, r.CoreOK), deviation(r.Stack, r.Measured, r.StackOK), fmt.Sprintf("%.0f %%", 100*r.Figure.Limit()),
	}
}

// Columns are the titles of the columns.
var Columns = []string{"Case", "Figure", "Core", "Stack", "Measured", "Core differs by", "Stack differs by", "Limit"}

func number(v float64) string {
	switch {
	case v == 0:
		return "none"
	case v < 100:
		return fmt.Sprintf("%.3g", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func deviation(predicted, measured float64, ok bool) string {
	if predicted == 0 || measured == 0 {
		return "not observed"
	}
	text := fmt.Sprintf("%+.0f %%", 100*(predicted/measured-1))
	if !ok {
		text += ", above the limit"
	}
	return text
}
