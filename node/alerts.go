package node

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// alertsEvery is how often the conditions of alerts are evaluated.
	alertsEvery = time.Second
	// alertLinger is how long an alert on a counter stays after the last increase.
	alertLinger = 10 * time.Minute
)

// An Alert is a condition that needs the attention of an operator. It is listed in Status
// and on the status page as long as the condition holds.
type Alert struct {
	Name  string    `json:"name"`  // of the condition, such as "open-files"
	Text  string    `json:"text"`  // the fault and the remedy
	Since time.Time `json:"since"` // when the condition began to hold
}

// alerts evaluates the conditions of alerts every alertsEvery, and for each request of
// the list.
//
// Other parts of the node add a condition with watch. For events that they count and log
// themselves they use count. Both may be called at any time and concurrently.
type alerts struct {
	log *slog.Logger

	mu         sync.Mutex
	conditions []*condition
}

// A condition belongs to one alert.
type condition struct {
	name   string
	text   func(now time.Time) string // the fault and the remedy; "" if the condition does not hold
	logged bool                       // alerts logs its beginning and end
	alert  Alert                      // the zero Alert if the condition does not hold
}

func newAlerts(log *slog.Logger) *alerts { return &alerts{log: log} }

// watch adds a condition. text returns the fault and the remedy, or "" if there is no
// fault. text must not block; calls of it are serialized. The beginning of the condition
// is logged at Warn, its end at Info.
func (a *alerts) watch(name string, text func() string) {
	a.add(&condition{name: name, logged: true, text: func(time.Time) string { return text() }})
}

// count adds a condition that holds from an increase of total until total has not
// increased for alertLinger. The argument of text is the increase since the condition
// began to hold. The condition is not logged, since the caller logs the events.
func (a *alerts) count(name string, total func() uint64, text func(events uint64) string) {
	before := total()
	last := before
	var until time.Time
	a.add(&condition{name: name, text: func(now time.Time) string {
		if n := total(); n != last {
			last, until = n, now.Add(alertLinger)
		}
		if !now.Before(until) {
			before = last
			return ""
		}
		return text(last - before)
	}})
}

func (a *alerts) add(c *condition) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.conditions = append(a.conditions, c)
}

// look evaluates all conditions and returns the alerts, in the order in which the
// conditions were added. The result is never nil.
func (a *alerts) look(now time.Time) []Alert {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := []Alert{}
	for _, c := range a.conditions {
		c.look(now, a.log)
		if c.alert.Text != "" {
			list = append(list, c.alert)
		}
	}
	return list
}

func (c *condition) look(now time.Time, log *slog.Logger) {
	text, held := c.text(now), c.alert.Text != ""
	switch {
	case text == "" && held:
		if c.logged {
			log.Info("alert ended", "alert", c.name, "lasted", now.Sub(c.alert.Since).Round(time.Second))
		}
		c.alert = Alert{}
	case text != "" && !held:
		c.alert = Alert{Name: c.name, Text: text, Since: now}
		if c.logged {
			log.Warn(text, "alert", c.name)
		}
	case held:
		c.alert.Text = text
	}
}

// run evaluates the conditions until ctx ends.
func (a *alerts) run(ctx context.Context) {
	ticker := time.NewTicker(alertsEvery)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			a.look(now)
		case <-ctx.Done():
			return
		}
	}
}

var alertDesc = prometheus.NewDesc("signalmesh_node_alert", "1 while the condition of the alert holds, and 0 otherwise.", []string{"alert"}, nil)

// Describe implements prometheus.Collector.
func (a *alerts) Describe(descs chan<- *prometheus.Desc) { descs <- alertDesc }

// Collect implements prometheus.Collector.
func (a *alerts) Collect(out chan<- prometheus.Metric) {
	a.look(time.Now())
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.conditions {
		value := 0.0
		if c.alert.Text != "" {
			value = 1
		}
		out <- prometheus.MustNewConstMetric(alertDesc, prometheus.GaugeValue, value, c.name)
	}
}

// openAlerts starts to evaluate the conditions of alerts.
func (n *Node) openAlerts() error {
	if err := n.register(n.alerts); err != nil {
		return err
	}
	n.background(n.alerts.run)
	return nil
}
