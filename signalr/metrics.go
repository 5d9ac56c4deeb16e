package signalr

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what a Server counts. They count also when registered nowhere.
type metrics struct {
	connections       prometheus.Gauge
	sent, received    prometheus.Counter
	invocations       *prometheus.HistogramVec
	completed, failed prometheus.Observer // of invocations
	slow              prometheus.Counter
	reattached        prometheus.Counter
	handshakeFailures prometheus.Counter
	malformed         prometheus.Counter
	gaps              prometheus.Counter
	refused           prometheus.Counter
	unknown           prometheus.Counter
	refusedRequests   *prometheus.CounterVec // by refusalCause
	evicted           prometheus.Counter
	limited           *prometheus.CounterVec // by limit
	drained           *prometheus.CounterVec

	moved, disconnected, gone prometheus.Counter // of drained

	registry   prometheus.Registerer
	registered []prometheus.Collector // with registry
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "signalmesh", Subsystem: "signalr", Name: name, Help: help,
		})
	}
	m := &metrics{
		connections: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "signalmesh", Subsystem: "signalr", Name: "connections",
			Help: "Connections open at present.",
		}),
		sent:     counter("messages_sent_total", "Hub messages queued for clients."),
		received: counter("messages_received_total", "Hub messages received from clients."),
		invocations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "signalmesh", Subsystem: "signalr", Name: "invocation_duration_seconds",
			Help:    "How long invocations of hub methods took, by outcome.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 10),
		}, []string{"outcome"}),
		slow:              counter("slow_connections_total", "Connections closed because their outbox was full."),
		reattached:        counter("stateful_reconnects_total", "Times that clients went on with their connection over a new WebSocket."),
		handshakeFailures: counter("handshake_failures_total", "Connections that ended before their handshake was accepted."),
		malformed:         counter("backplane_payload_errors_total", "Messages from other servers that made no sense and were dropped."),
		gaps:              counter("backplane_lost_messages_total", "Messages from other servers that the backplane reported lost."),
		refused:           counter("group_commands_refused_total", "Commands of other servers, such as group commands, refused because too many waited."),
		unknown:           counter("unknown_connection_total", "Requests with a connection ID that this server did not issue: is the load balancer configured for sticky sessions?"),
		evicted:           counter("negotiations_evicted_total", "Unopened negotiated connections dropped to make room for newer ones."),
		limited: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "signalmesh", Subsystem: "signalr", Name: "limited_total",
			Help: "Requests of clients refused because of a limit: groups, group_names, group_bytes, client_results or message_size.",
		}, []string{"limit"}),
	}
	m.refusedRequests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "signalmesh", Subsystem: "signalr", Name: "refused_total",
		Help: "Requests refused, by cause: origin, host, hijacker, flusher, handshake or panic. The log has the remedy.",
	}, []string{"cause"})
	for _, cause := range []refusalCause{refusedOrigin, refusedHost, refusedHijacker, refusedFlusher, refusedHandshake, refusedPanic} {
		m.refusedRequests.WithLabelValues(string(cause)) // 0 is shown, too
	}
	m.drained = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "signalmesh", Subsystem: "signalr", Name: "drained_total",
		Help: "Clients that got a Close message from a drain, by result: moved (they left), disconnected (they did not), or gone (they had left before).",
	}, []string{"result"})
	m.moved = m.drained.WithLabelValues("moved")
	m.disconnected = m.drained.WithLabelValues("disconnected")
	m.gone = m.drained.WithLabelValues("gone")
	m.completed = m.invocations.WithLabelValues("completed")
	m.failed = m.invocations.WithLabelValues("failed")
	return m
}

func (m *metrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{
		m.connections, m.sent, m.received, m.invocations, m.slow, m.reattached,
		m.handshakeFailures, m.malformed, m.gaps, m.refused, m.unknown, m.drained, m.refusedRequests, m.evicted, m.limited,
	}
}

// register registers the metrics with r, unless that is nil.
func (m *metrics) register(r prometheus.Registerer) error {
	if r == nil {
		return nil
	}
	m.registry = r
	for _, c := range m.collectors() {
		if err := attempt("Register", func() error { return r.Register(c) }); err != nil {
			return fmt.Errorf("signalr: register metrics: %w; give each server a registry of its own, or labels", err)
		}
		m.registered = append(m.registered, c)
	}
	return nil
}

// unregister undoes register, so that a new server can take its place.
func (m *metrics) unregister() {
	for _, c := range m.registered {
		_ = attempt("Unregister", func() error { m.registry.Unregister(c); return nil })
	}
}

// invoked takes note of an invocation that has ended.
func (m *metrics) invoked(start time.Time, completed bool) {
	outcome := m.failed
	if completed {
		outcome = m.completed
	}
	outcome.Observe(time.Since(start).Seconds())
}
