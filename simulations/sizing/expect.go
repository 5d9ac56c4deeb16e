package sizing

import (
	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// roundingError is less than one delivery: "99.9%" is read as a little more.
const roundingError = 1e-3

// expectations holds a run against the lines of the scenario's expect, in a fixed order.
func expectations(r *result.Result, e scenario.Expect) []result.Expectation {
	var all []result.Expectation
	most := func(name, figure string, want, measured float64, unit, missing string) {
		if want > 0 {
			all = append(all, result.Expectation{Name: name, Figure: figure, Want: want, Measured: measured, Unit: unit, Missing: missing, OK: missing == "" && measured <= want})
		}
	}
	ms := func(d scenario.Duration) float64 { return float64(d) / 1e6 }
	t := r.Total()
	most("p99", "delivery p99", ms(e.P99), r.Latency.P99MS, "ms", unmeasured(r.Latency, "nothing was delivered"))
	if e.Delivered > 0 {
		x := result.Expectation{Name: "delivered", Figure: "delivered share", AtLeast: true, Want: 100 * float64(e.Delivered), Unit: "%"}
		if t.Wanted() == 0 {
			x.Missing = "no delivery was wanted"
		} else {
			x.Measured = 100 * float64(t.Delivered) / float64(t.Wanted())
			x.OK = float64(t.Delivered)+roundingError >= float64(e.Delivered)*float64(t.Wanted())
		}
		all = append(all, x)
	}
	most("detect", "time to detect, slowest", ms(e.Detect), r.Detect.MaxMS, "ms", unmeasured(r.Detect, "no server was counted as gone"))
	most("heal", "time to heal, slowest", ms(e.Heal), r.Heal.MaxMS, "ms", unmeasured(r.Heal, "no fault held anything up"))
	most("bytes", "sent by each server", float64(e.Bytes), TrafficOf(r).Sent/8, "B/s", "")
	missing := ""
	if r.Bottleneck.Name == "" {
		missing = "the use of lines was not measured"
	}
	most("utilisation", "use of the busiest line", 100*float64(e.Utilisation), 100*r.Bottleneck.Peak, "%", missing)
	return all
}

// unmeasured is why a distribution has no figures; "" if it has.
func unmeasured(l result.Latency, why string) string {
	if l.Count == 0 {
		return why
	}
	return ""
}
