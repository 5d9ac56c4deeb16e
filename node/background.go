package node

import (
	"context"
	"fmt"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// background runs work in a goroutine until the node closes, which ends its context
// and waits for it.
func (n *Node) background(work func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { work(ctx) })
	n.opened(func() error {
		cancel()
		running.Wait()
		return nil
	})
}

// register registers collectors until the node closes.
func (n *Node) register(collectors ...prometheus.Collector) error {
	for _, c := range collectors {
		if err := n.o.Metrics.Register(c); err != nil {
			return fmt.Errorf("register metrics: %w; give each node a separate registry, or labels", err)
		}
		n.opened(func() error {
			n.o.Metrics.Unregister(c)
			return nil
		})
	}
	return nil
}
