package redisbackplane

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what a Backplane counts.
type metrics struct {
	connected     prometheus.Gauge
	interruptions prometheus.Counter
	failed        prometheus.Counter
	unconfirmed   prometheus.Counter
	unattended    prometheus.Counter
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "signalmesh_redisbackplane_" + name, Help: help})
	}
	return &metrics{
		connected: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "signalmesh_redisbackplane_connected", Help: "1 while subscribed in Redis to all that is wanted.",
		}),
		interruptions: counter("interruptions_total", "Losses of the connection to Redis; messages may be lost in each."),
		failed:        counter("publish_failures_total", "Messages Redis did not take, or did not say that it took."),
		unconfirmed:   counter("unconfirmed_subscriptions_total", "Subscriptions Redis did not confirm in time."),
		unattended:    counter("unattended_total", "Messages that arrived while nobody was attached."),
	}
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.connected, m.interruptions, m.failed, m.unconfirmed, m.unattended}
}

// register registers all or none.
func (m *metrics) register(r prometheus.Registerer) (err error) {
	if r == nil {
		return nil
	}
	for i, c := range m.all() {
		if err = r.Register(c); err != nil {
			for _, c := range m.all()[:i] {
				r.Unregister(c)
			}
			return errors.Join(errors.New("redisbackplane: register metrics"), err)
		}
	}
	return nil
}

func (m *metrics) unregister(r prometheus.Registerer) {
	if r == nil {
		return
	}
	for _, c := range m.all() {
		r.Unregister(c)
	}
}
