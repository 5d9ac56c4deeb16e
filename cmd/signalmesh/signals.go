package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"sync"

	"github.com/signalmesh/signalmesh/node"
)

// catchSignals keeps the signals that control a node from ending the process, and
// queues them for obey. Stop undoes that.
func catchSignals() (signals chan os.Signal, stop func()) {
	signals = make(chan os.Signal, 8)
	for _, s := range []os.Signal{reloadSignal, drainSignal} {
		if s != nil {
			signal.Notify(signals, s)
		}
	}
	return signals, func() { signal.Stop(signals) }
}

// obey reloads, drains and undrains a node on signals, until the node closes.
func obey(signals <-chan os.Signal, n *node.Node, log *slog.Logger) {
	var draining sync.WaitGroup
	defer draining.Wait() // a drain ends when the node closes
	for {
		phase, changed := n.WatchPhase()
		if phase == node.Closing {
			return
		}
		select {
		case <-changed:
		case s := <-signals:
			switch {
			case s == reloadSignal:
				_ = n.Reload() // it logs what went wrong
			case phase == node.Serving:
				log.Info("drain begun by a signal; send it again to undo the drain", "signal", s.String())
				draining.Go(func() { _, _ = n.Drain(context.Background()) }) // the node logs how it ends
				awaitLeaving(n)
			default:
				if err := n.Undrain(); err != nil {
					log.Warn("drain not undone", "signal", s.String(), "err", err)
				}
			}
		}
	}
}

// awaitLeaving waits until the drain has begun, so that the next signal undoes it.
func awaitLeaving(n *node.Node) {
	for {
		phase, changed := n.WatchPhase()
		if phase != node.Serving {
			return
		}
		<-changed
	}
}
