package node

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// lifeMetrics collects the phase of a node and the duration of its drain.
type lifeMetrics struct {
	n              *Node
	phase, seconds *prometheus.Desc
}

// openMetrics registers the metrics of the node itself.
func (n *Node) openMetrics() error {
	m := &lifeMetrics{
		n: n,
		phase: prometheus.NewDesc("signalmesh_node_phase",
			"1 for the present phase of the node: serving, draining, moving, drained or closing.", []string{"phase"}, nil),
		seconds: prometheus.NewDesc("signalmesh_node_drain_seconds",
			"How long the drain of the node has taken, up to its end; 0 while the node serves.", nil, nil),
	}
	for _, c := range []prometheus.Collector{m, n.refused.proxy, n.refused.host} {
		if err := n.o.Metrics.Register(c); err != nil {
			return fmt.Errorf("register metrics: %w; give each node its own registry", err)
		}
		n.opened(func() error {
			n.o.Metrics.Unregister(c)
			return nil
		})
	}
	return nil
}

// Describe implements prometheus.Collector.
func (m *lifeMetrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.phase
	ch <- m.seconds
}

// Collect implements prometheus.Collector.
func (m *lifeMetrics) Collect(ch chan<- prometheus.Metric) {
	present := m.n.Phase()
	for phase, name := range phases {
		value := 0.0
		if Phase(phase) == present {
			value = 1
		}
		ch <- prometheus.MustNewConstMetric(m.phase, prometheus.GaugeValue, value, name)
	}
	seconds := 0.0
	if s := m.n.drainStatus(); s != nil {
		seconds = s.Elapsed
	}
	ch <- prometheus.MustNewConstMetric(m.seconds, prometheus.GaugeValue, seconds)
}
