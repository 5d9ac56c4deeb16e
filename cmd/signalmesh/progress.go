package main

import (
	"context"
	"fmt"
	"time"

	"github.com/signalmesh/signalmesh/node"
)

// tellProgress prints the phases of a drain until the node closes. When ctx has ended
// the node is being stopped.
func tellProgress(ctx context.Context, n *node.Node, out lines) {
	for {
		phase, changed := n.WatchPhase()
		s := n.Status()
		text := progress(phase, s.Clients, s.Drain)
		switch {
		case phase == node.Closing:
			if s.Drain != nil {
				text = "leaving: " + departures(*s.Drain) + "; leaving the mesh"
			}
		case text != "" && ctx.Err() != nil:
			text += "; Ctrl-C again stops now"
		}
		if text != "" {
			out.say(phase.String(), text)
		}
		if phase == node.Closing {
			return
		}
		<-changed
	}
}

// progress describes the phase of a drain. It returns "" if the node does not drain, or
// if no client has to be waited for.
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
		return fmt.Sprintf("draining: moving %s to other servers; those left in %s are disconnected", count(clients, "client"), span(d.Left))
	case node.Drained:
		return "drained: " + departures(*d)
	}
	return ""
}

// departures describes the result of a drain.
func departures(d node.DrainStatus) string {
	gone := ""
	if d.Gone > 0 {
		gone = fmt.Sprintf(", %d had gone before", d.Gone)
	}
	return fmt.Sprintf("%s moved, %d disconnected%s, in %s", count(d.Moved, "client"), d.Disconnected, gone, span(d.Elapsed))
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
