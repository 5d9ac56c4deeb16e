package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/signalmesh/signalmesh/node"
)

// leave takes the node out of service, and tells what happens.
func leave(n *node.Node, stderr io.Writer) error {
	left := make(chan error, 1)
	go func() { left <- n.Shutdown(context.Background()) }() // ends within the node's drain timeout
	told := node.Serving
	tell := func(phase node.Phase) {
		if text := leavingLine(phase, n.Status()); text != "" && phase != told {
			fmt.Fprintln(stderr, text)
		}
		told = phase
	}
	for {
		phase, changed := n.WatchPhase()
		tell(phase)
		select {
		case err := <-left:
			tell(n.Phase())
			return err
		case <-changed:
		}
	}
}

// leavingLine tells what a node that leaves does; "" if there is nothing to tell.
func leavingLine(phase node.Phase, s node.Status) string {
	if s.Drain == nil {
		return ""
	}
	switch phase {
	case node.Draining:
		if s.Clients == 0 && s.Drain.DelayLeft == 0 {
			return ""
		}
		return fmt.Sprintf("draining: serving %s for %s more, then moving them within %s; Ctrl-C again stops now",
			count(s.Clients, "client"), span(s.Drain.DelayLeft), span(s.Drain.Spread))
	case node.Moving:
		if s.Clients == 0 {
			return ""
		}
		return fmt.Sprintf("draining: moving %s to other servers within %s; those left in %s are disconnected; Ctrl-C again stops now",
			count(s.Clients, "client"), span(s.Drain.Spread), span(s.Drain.Left))
	case node.Closing:
		return fmt.Sprintf("leaving: %s moved, %d disconnected; taking leave of the other servers", count(s.Drain.Moved, "client"), s.Drain.Disconnected)
	}
	return ""
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
