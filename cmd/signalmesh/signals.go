package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"sync"

	"github.com/signalmesh/signalmesh/node"
)

// catchSignals has the process not be killed by the signals that steer a node, from now
// on. Those that come before obey is called wait for it; stop ends all that.
func catchSignals() (signals chan os.Signal, stop func()) {
	signals = make(chan os.Signal, 8)
	for _, s := range []os.Signal{reloadSignal, drainSignal} {
		if s != nil {
			signal.Notify(signals, s)
		}
	}
	return signals, func() { signal.Stop(signals) }
}

// obey does what signals ask a node for, until the node closes: to read its settings
// again, to drain, and, when it is drained or on the way there, to undo that.
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

// awaitLeaving waits until the node no longer serves, so that the next signal undoes the
// drain.
func awaitLeaving(n *node.Node) {
	for {
		phase, changed := n.WatchPhase()
		if phase != node.Serving {
			return
		}
		<-changed
	}
}
