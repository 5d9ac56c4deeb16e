package mesh

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/signalmesh/signalmesh/mesh/core"
)

// health adds the figures of a Condition.
func (c *collector) health(gauge func(name, help string, value func(*Topic) float64)) {
	of := func(name, help string, value func(Condition) int) {
		gauge(name, help, func(t *Topic) float64 { return float64(value(t.Condition())) })
	}
	of("silent_members", "Other servers of the application that are suspect.", func(c Condition) int { return len(c.Silent) })
	of("missing_members", "Servers of the application that failed, or are expected and were not found.", Condition.MissingServers)
	of("expected_members", "Servers that the application should have, this one included; 0 if that is not known.", func(c Condition) int { return c.Expected })
	for _, h := range []Health{Healthy, Degraded, Isolated} {
		desc := prometheus.NewDesc("signalmesh_mesh_health", "1 for the health that the mesh of the application has, 0 for the others.",
			[]string{"application"}, prometheus.Labels{"health": string(h)})
		c.metrics = append(c.metrics, metric{desc, prometheus.GaugeValue, func(t *Topic, _ core.Stats) float64 {
			if t.Health() == h {
				return 1
			}
			return 0
		}})
	}
}
