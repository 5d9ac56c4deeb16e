package node

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

const (
	// filesEvery is how often the open files are counted. Counting more than manyFiles
	// takes milliseconds, so that it is done every manyFilesEvery.
	filesEvery     = time.Second
	manyFilesEvery = 10 * time.Second
	manyFiles      = 20_000
)

// openCapacity begins to count the open files of the process.
func (n *Node) openCapacity() error {
	c := n.capacity
	if files := c.files; n.o.MaxConnections > 0 && files > 0 && n.o.MaxConnections > files-c.reserve {
		n.log.Warn("more connections are allowed than open files: raise the limit (ulimit -n, LimitNOFILE in systemd) or lower --max-connections",
			"max_connections", n.o.MaxConnections, "open_files_limit", files, "reserve", c.reserve)
	}
	c.count(countFiles(c.files))
	n.alerts.watch("full", c.full)
	if err := n.register(c.metrics()...); err != nil {
		return err
	}
	if err := n.register(processMetrics()); err != nil {
		var twice prometheus.AlreadyRegisteredError
		if !errors.As(err, &twice) { // the application has it already
			return err
		}
	}
	n.background(c.watchFiles)
	return nil
}

// processMetrics are the process_… metrics, which every Prometheus client has.
func processMetrics() prometheus.Collector {
	return collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})
}

// watchFiles counts the open files until ctx ends.
func (c *capacity) watchFiles(ctx context.Context) {
	for every := filesEvery; ; {
		select {
		case <-time.After(every):
		case <-ctx.Done():
			return
		}
		open := countFiles(c.files)
		c.count(open)
		every = filesEvery
		if open > manyFiles {
			every = manyFilesEvery
		}
	}
}

func (c *capacity) metrics() []prometheus.Collector {
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "signalmesh", Subsystem: "node", Name: name, Help: help}, value)
	}
	return []prometheus.Collector{
		gauge("open_files", "Open files of the process.", func() float64 { return float64(countFiles(c.files)) }),
		gauge("open_files_limit", "Open files that the process may have; 0 if no limit is known.", func() float64 { return float64(c.files) }),
		gauge("client_connections", "Connections of clients to the HTTP listener.", func() float64 { return float64(c.connections.Load()) }),
		gauge("client_connections_limit", "Connections of clients that the HTTP listener takes; 0 if there is no limit.", func() float64 { return float64(c.clients) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Namespace: "signalmesh", Subsystem: "node", Name: "refused_connections_total",
			Help: "Connections of clients, and requests that would have opened one, that were turned away because the node was full.",
		}, func() float64 { return float64(c.refused.Load()) }),
	}
}
