package mesh

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/signalmesh/signalmesh/mesh/admission"
	"github.com/signalmesh/signalmesh/mesh/core"
)

// counters are what a Topic counts beside the core.
type counters struct {
	waits, unconfirmed, topicErrors, unattended, bytesSent atomic.Uint64
}

// A metric is one figure of a topic.
type metric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*Topic, core.Stats) float64
}

// A collector reads the figures when Prometheus asks for them, so that counting
// costs nothing on the way of a message.
type collector struct {
	m       *Mesh
	metrics []metric
	refused *prometheus.Desc

	guests, endedGuests *prometheus.Desc
}

func (m *Mesh) collector() *collector {
	c := &collector{m: m, refused: prometheus.NewDesc("signalmesh_mesh_refused_total",
		"Peers that were not let in, or did not let this node in, by reason.", []string{"reason"}, nil)}
	c.guests = prometheus.NewDesc("signalmesh_mesh_unadmitted_connections", "Connections of peers that are not admitted yet.", nil, nil)
	c.endedGuests = prometheus.NewDesc("signalmesh_mesh_unadmitted_ended_total", "Connections that were closed before they were admitted, by reason: displaced by a new one, refused because there was no place, or late.", []string{"reason"}, nil)
	gauge := func(name, help string, value func(*Topic) float64) {
		c.add(prometheus.GaugeValue, name, help, func(t *Topic, _ core.Stats) float64 { return value(t) })
	}
	stat := func(name, help string, value func(core.Stats) uint64) {
		c.add(prometheus.CounterValue, name, help, func(_ *Topic, s core.Stats) float64 { return float64(value(s)) })
	}
	count := func(name, help string, value func(*counters) *atomic.Uint64) {
		c.add(prometheus.CounterValue, name, help, func(t *Topic, _ core.Stats) float64 { return float64(value(&t.count).Load()) })
	}
	gauge("members", "Other servers of the application that are alive.", func(t *Topic) float64 { return float64(t.Alive()) })
	gauge("joining_peers", "Servers that this one waits for in order to join the mesh.", func(t *Topic) float64 { return float64(len(t.Joining())) })
	c.health(gauge)
	gauge("backlog_bytes", "What peers have not acknowledged yet.", func(t *Topic) float64 { return float64(t.backlog()) })
	stat("offered_total", "Messages offered, once for each server they are for.", func(s core.Stats) uint64 { return s.Offered })
	stat("delivered_total", "Messages of other servers delivered here.", func(s core.Stats) uint64 { return s.Delivered })
	stat("lost_total", "Records of other servers that never came.", func(s core.Stats) uint64 { return s.Lost })
	stat("dropped_total", "Records given up before a server had acknowledged them.", func(s core.Stats) uint64 { return s.Dropped })
	stat("duplicates_total", "Records that came again and were not delivered again.", func(s core.Stats) uint64 { return s.Duplicates })
	stat("unwanted_total", "Messages for a channel nobody here is subscribed to.", func(s core.Stats) uint64 { return s.Unwanted })
	stat("resent_total", "Records sent again on request.", func(s core.Stats) uint64 { return s.Resent })
	stat("relayed_total", "Records sent the long way round, over the topic.", func(s core.Stats) uint64 { return s.Relayed })
	stat("inherited_total", "Messages of servers that died, which another server still had.", func(s core.Stats) uint64 { return s.Inherited })
	stat("replays_total", "Announcements on the topic that were older than what was known.", func(s core.Stats) uint64 { return s.Replays })
	count("publish_waits_total", "Publishes that had to wait for a server that was behind.", func(c *counters) *atomic.Uint64 { return &c.waits })
	count("unconfirmed_subscriptions_total", "Subscriptions a live server did not confirm in time.", func(c *counters) *atomic.Uint64 { return &c.unconfirmed })
	c.add(prometheus.CounterValue, "violations_total", "Peers cut off because they broke the protocol, in any application.",
		func(t *Topic, _ core.Stats) float64 { return float64(t.mesh.violations.Load()) })
	count("unattended_total", "Messages that arrived while nobody was attached.", func(c *counters) *atomic.Uint64 { return &c.unattended })
	count("topic_errors_total", "Messages that GossipSub refused to publish.", func(c *counters) *atomic.Uint64 { return &c.topicErrors })
	count("sent_bytes_total", "Bytes written on direct links.", func(c *counters) *atomic.Uint64 { return &c.bytesSent })
	c.tracer("gossip_sent_total", "Messages sent to peers by GossipSub, forwarded ones included.", func(t *tracer) *atomic.Uint64 { return &t.sent })
	c.tracer("gossip_duplicates_total", "Messages that GossipSub received again.", func(t *tracer) *atomic.Uint64 { return &t.duplicates })
	c.tracer("gossip_dropped_outbound_total", "Messages GossipSub dropped because a peer's queue was full.", func(t *tracer) *atomic.Uint64 { return &t.dropOutbound })
	c.tracer("gossip_rejected_total", "Messages GossipSub's validation rejected.", func(t *tracer) *atomic.Uint64 { return &t.dropRejected })
	c.tracer("gossip_dropped_inbound_total", "Messages GossipSub dropped because this node was slow.", func(t *tracer) *atomic.Uint64 { return &t.dropConsumer })
	return c
}

func (c *collector) add(kind prometheus.ValueType, name, help string, value func(*Topic, core.Stats) float64) {
	desc := prometheus.NewDesc("signalmesh_mesh_"+name, help, []string{"application"}, nil)
	c.metrics = append(c.metrics, metric{desc, kind, value})
}

// tracer adds a figure of GossipSub, which all applications share.
func (c *collector) tracer(name, help string, value func(*tracer) *atomic.Uint64) {
	c.add(prometheus.CounterValue, name, help, func(t *Topic, _ core.Stats) float64 { return float64(value(&t.mesh.tracer).Load()) })
}

// Unadmitted returns how many connections of peers were closed before they were
// admitted, by reason: "displaced" by a new one, "refused" because there was no place, or
// "late".
func (m *Mesh) Unadmitted() map[string]uint64 {
	g := m.secure.guests
	return map[string]uint64{"displaced": g.lobby.Evicted(), "refused": g.refused.Load(), "late": g.late.Load()}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(descs chan<- *prometheus.Desc) {
	descs <- c.refused
	descs <- c.guests
	descs <- c.endedGuests
	for _, m := range c.metrics {
		descs <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	for _, r := range admission.Reasons {
		out <- prometheus.MustNewConstMetric(c.refused, prometheus.CounterValue, float64(c.m.secure.refused.counted(r)), r.String())
	}
	out <- prometheus.MustNewConstMetric(c.guests, prometheus.GaugeValue, float64(c.m.secure.guests.lobby.Len()))
	for reason, n := range c.m.Unadmitted() {
		out <- prometheus.MustNewConstMetric(c.endedGuests, prometheus.CounterValue, float64(n), reason)
	}
	c.m.mu.Lock()
	topics := make([]*Topic, 0, len(c.m.topics))
	for _, t := range c.m.topics {
		topics = append(topics, t)
	}
	c.m.mu.Unlock()
	for _, t := range topics {
		t.mu.Lock()
		stats := t.core.Stats()
		t.mu.Unlock()
		for _, m := range c.metrics {
			out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(t, stats), t.application)
		}
	}
}

func (t *Topic) backlog() (bytes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range t.core.Members() {
		bytes += m.Bytes
	}
	return bytes
}
