package door

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what a Door counts. They are read when Prometheus asks.
type metrics struct {
	door *Door

	commands, published, failed, unconfirmed, slow, incomplete, replayed, missed, unknown, malformed, refused, refusedPasswords, failedHandshakes atomic.Uint64

	ended [lastEnding]atomic.Uint64

	counters              map[*prometheus.Desc]*atomic.Uint64
	connections, channels *prometheus.Desc
	lost                  *prometheus.Desc
	strangers, endings    *prometheus.Desc
}

func newMetrics(d *Door) *metrics {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("signalmesh_door_"+name, help, nil, nil)
	}
	m := &metrics{door: d}
	m.connections = desc("connections", "Redis clients that are connected.")
	m.channels = desc("subscriptions", "Their subscriptions.")
	m.lost = desc("lost_messages_total", "Messages of other servers that the mesh reported lost.")
	m.strangers = desc("unauthenticated_connections", "Connections that have not authenticated.")
	m.endings = prometheus.NewDesc("signalmesh_door_ended_connections_total", "Connections that the endpoint ended or refused, by reason.", []string{"reason"}, nil)
	m.counters = map[*prometheus.Desc]*atomic.Uint64{
		desc("commands_total", "Commands of Redis clients."):                                                                            &m.commands,
		desc("published_total", "Messages that Redis clients published."):                                                               &m.published,
		desc("publish_failures_total", "Messages that could not be published; the client was told."):                                    &m.failed,
		desc("unconfirmed_subscriptions_total", "Subscriptions answered before every server confirmed."):                                &m.unconfirmed,
		desc("slow_connections_total", "Clients cut off because they did not read."):                                                    &m.slow,
		desc("incomplete_servers_total", "ASP.NET Core servers whose clients receive nothing, because they started before their node."): &m.incomplete,
		desc("replayed_messages_total", "Messages that a client missed and got when it was back."):                                      &m.replayed,
		desc("missed_messages_total", "Messages for clients that were lost and did not come back."):                                     &m.missed,
		desc("unknown_commands_total", "Commands that need a Redis with data."):                                                         &m.unknown,
		desc("protocol_errors_total", "Clients that sent what is no command."):                                                          &m.malformed,
		desc("refused_connections_total", "Clients refused because there were too many."):                                               &m.refused,
		desc("failed_handshakes_total", "TLS handshakes that were not finished."):                                                       &m.failedHandshakes,
		desc("refused_passwords_total", "Wrong passwords."):                                                                             &m.refusedPasswords,
	}
	return m
}

// Ended returns how many connections the Door has ended or refused, by reason as in the
// metric ended_connections_total, and as "passwords" how many passwords were wrong.
func (d *Door) Ended() map[string]uint64 {
	counts := map[string]uint64{"passwords": d.metrics.refusedPasswords.Load()}
	for e := notEnded + 1; e < lastEnding; e++ {
		counts[endings[e].label] = d.metrics.ended[e].Load()
	}
	return counts
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, to) }

// Collect implements prometheus.Collector.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	connections := m.door.connections()
	subscriptions := 0
	for _, c := range connections {
		c.mu.Lock()
		subscriptions += len(c.subs)
		c.mu.Unlock()
	}
	to <- prometheus.MustNewConstMetric(m.connections, prometheus.GaugeValue, float64(len(connections)))
	to <- prometheus.MustNewConstMetric(m.channels, prometheus.GaugeValue, float64(subscriptions))
	to <- prometheus.MustNewConstMetric(m.lost, prometheus.CounterValue, float64(m.door.o.Exchange.Lost()))
	to <- prometheus.MustNewConstMetric(m.strangers, prometheus.GaugeValue, float64(m.door.lobby.places.Len()))
	for e := notEnded + 1; e < lastEnding; e++ {
		to <- prometheus.MustNewConstMetric(m.endings, prometheus.CounterValue, float64(m.ended[e].Load()), endings[e].label)
	}
	for d, n := range m.counters {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n.Load()))
	}
}
