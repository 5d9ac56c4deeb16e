package bridge

import (
	"errors"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what a Bridge counts.
type metrics struct {
	active        prometheus.GaugeFunc
	subscriptions prometheus.GaugeFunc
	messages      *prometheus.CounterVec // by direction
	dropped       *prometheus.CounterVec // by direction
	echoes        prometheus.Counter
	interruptions prometheus.Counter
	unanswered    prometheus.Counter
	unconfirmed   prometheus.Counter

	told [2]atomic.Int64 // when the log last told of drops, by direction; Unix time in ns
}

// A direction is a way that messages take.
type direction int

const (
	toRedis direction = iota
	toMesh
)

// String is how metrics and logs name it.
func (d direction) String() string { return [...]string{"to_redis", "to_mesh"}[d] }

func newMetrics(b *Bridge) *metrics {
	name := func(s string) string { return "signalmesh_bridge_" + s }
	counter := func(n, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name(n), Help: help})
	}
	vec := func(n, help string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name(n), Help: help}, []string{"direction"})
		v.WithLabelValues(toRedis.String())
		v.WithLabelValues(toMesh.String())
		return v
	}
	gauge := func(n, help string, f func(*session) float64) prometheus.GaugeFunc {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name(n), Help: help}, func() float64 {
			if s := b.bridging(); s != nil {
				return f(s)
			}
			return 0
		})
	}
	return &metrics{
		active:        gauge("active", "1 while this node bridges.", func(*session) float64 { return 1 }),
		subscriptions: gauge("subscriptions", "Channels and patterns this node is subscribed to in the old Redis.", func(s *session) float64 { return float64(s.wants.subscriptions()) }),
		messages:      vec("messages_total", "Messages carried over."),
		dropped:       vec("dropped_messages_total", "Messages not carried over: the old Redis was away, or the other side too slow."),
		echoes:        counter("echoes_total", "Own messages that the old Redis sent back, and that were dropped."),
		interruptions: counter("interruptions_total", "Times this node ceased to bridge without being stopped; messages may be lost in each."),
		unanswered:    counter("unanswered_total", "Messages of this node that the bridging node did not answer in time: their subscribers in the old Redis were not counted."),
		unconfirmed:   counter("unconfirmed_subscriptions_total", "Subscriptions that the bridging node did not confirm in time."),
	}
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.active, m.subscriptions, m.messages, m.dropped, m.echoes, m.interruptions, m.unanswered, m.unconfirmed}
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
			return errors.Join(errors.New("bridge: register metrics"), err)
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
