package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A tally holds the counts of the clients at the end of a churn run.
type tally struct {
	lost                              map[string]int // by phase and the server that the fault is about
	unexplained                       []string       // losses that no fault explains
	disorder                          int            // messages that were late or came twice
	stayed, left, deliveries, refused int
}

// finish ends the load, reports the counts, and requires what is promised: order and no
// copies, and no losses but those of the server that a fault is about. affected has that
// server for each phase; nil means that every phase but "calm" is about all servers.
func (c *churn) finish(where string, affected map[string]int) error {
	if err := c.load.in.Close(); err != nil {
		return err
	}
	select {
	case <-c.load.ended:
	case <-time.After(2 * patience):
		return fmt.Errorf("the clients did not end:\n%s", c.load)
	}
	r, err := readTally(c.load.String(), affected)
	if err != nil {
		return err
	}
	var lost []string
	for phase, n := range r.lost {
		lost = append(lost, fmt.Sprintf("%s: %d", phase, n))
	}
	slices.Sort(lost)
	fmt.Printf("test-dotnet-churn: %s: servers %s; %d clients stayed, %d came and left; %d messages received; lost at the servers of the faults: %s; %d sends refused\n",
		where, strings.Join(c.kinds, ", "), r.stayed, r.left, r.deliveries, strings.Join(lost, ", "), r.refused)
	if r.disorder > 0 || len(r.unexplained) > 0 {
		return fmt.Errorf("%d messages came late or twice; lost without a fault of the sender's or the receiver's server:\n%s", r.disorder, strings.Join(r.unexplained, "\n"))
	}
	return nil
}

// readTally reads what the clients have printed.
func readTally(text string, affected map[string]int) (r tally, err error) {
	r.lost = make(map[string]int)
	done := false
	for line := range strings.Lines(text) {
		var phase string
		var from, to, n int
		switch {
		case strings.HasPrefix(line, "lost "):
			if _, err := fmt.Sscanf(line, "lost %s %d %d %d", &phase, &from, &to, &n); err != nil {
				return r, fmt.Errorf("%q: %w", line, err)
			}
			server, about := affected[phase]
			switch {
			case phase != "calm" && (affected == nil || about && (from == server || to == server)):
				r.lost[phase] += n
			case n > 0:
				r.unexplained = append(r.unexplained, fmt.Sprintf("phase %s, from server %d to clients of server %d: %d", phase, from, to, n))
			}
		case strings.HasPrefix(line, "disorder "):
			_, err = fmt.Sscanf(line, "disorder %d", &r.disorder)
		case strings.HasPrefix(line, "total "):
			done = true
			_, err = fmt.Sscanf(line, "total %d %d %d %d", &r.stayed, &r.left, &r.deliveries, &r.refused)
		}
		if err != nil {
			return r, fmt.Errorf("%q: %w", line, err)
		}
	}
	if !done {
		return r, fmt.Errorf("the clients did not count:\n%s", text)
	}
	return r, nil
}
