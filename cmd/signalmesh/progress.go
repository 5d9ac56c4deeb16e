package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/signalmesh/signalmesh/node"
)

// tellProgress tells how a node leaves, until it closes. When ctx has ended the node is
// being stopped.
func tellProgress(ctx context.Context, n *node.Node, stderr io.Writer) {
	for {
		phase, changed := n.WatchPhase()
		s := n.Status()
		text := progress(phase, s.Clients, s.Drain)
		switch {
		case phase == node.Closing:
			if s.Drain != nil {
				text = "leaving: " + departures(*s.Drain) + "; taking leave of the other servers"
			}
		case text != "" && ctx.Err() != nil:
			text += "; Ctrl-C again stops now"
		}
		if text != "" {
			fmt.Fprintln(stderr, text)
		}
		if phase == node.Closing {
			return
		}
		<-changed
	}
}

// progress tells what a node that drains does. It is empty if the node does not, or if
// there is nothing to wait for.
func progress(phase node.Phase, clients int, d *node.DrainStatus) string {
	if d == nil {
		return ""
	}
	switch phase {
	case node.Draining:
		if clients == 0 && d.DelayLeft == 0 {
			return ""
		}
		return fmt.Sprintf("draining: serving %s for %s more, then moving them within %s", count(clients, "client"), span(d.DelayLeft), span(d.Spread))
	case node.Moving:
		if clients == 0 {
			return ""
		}
		return fmt.Sprintf("draining: %s left, being moved to other servers; disconnected if still here in %s", count(clients, "client"), span(d.Left))
	case node.Drained:
		return "drained: " + departures(*d)
	}
	return ""
}

// departures tells how the clients left.
func departures(d node.DrainStatus) string {
	return fmt.Sprintf("%s moved, %d disconnected, in %s", count(d.Moved, "client"), d.Disconnected, span(d.Elapsed))
}

// count returns "1 client" or "2 clients".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// span is a number of seconds for people: "300ms", "5s".
func span(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d > time.Second {
		return d.Round(time.Second).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
