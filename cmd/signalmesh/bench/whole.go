//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// wholeRounds is how often whole servers are started at most, and wholeContestants on
// what.
const wholeRounds = 3

var wholeContestants = []string{contestantMesh, contestantRedis}

// An Outcome is a figure of whole servers, once.
type Outcome struct {
	Figure string
	Others float64 // cores that other programs used meanwhile
	Values []Value
}

// A Value is one number of a figure.
type Value struct {
	Name  string
	V     float64
	Count bool // of what should not happen: rounds are added up
	Plot  bool
}

// parseClients reads how many clients whole servers are to have.
func (s *settings) parseClients(text string) error {
	s.clients = nil
	for field := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(field)
		if err != nil || n < wholeServers || n > 50_000 {
			return fmt.Errorf("%q is not a number from %d to 50000", field, wholeServers)
		}
		s.clients = append(s.clients, n)
	}
	return nil
}

func (s *settings) completeClients() {
	switch {
	case s.clients != nil:
	case s.quick:
		s.clients = []int{1_000}
	default:
		s.clients = []int{1_000, 5_000}
	}
}

// whole takes the figures of whole servers, each contestant in turn.
func (s settings) whole(ctx context.Context, stdout io.Writer, report *Report) error {
	for _, clients := range s.clients {
		if !slices.ContainsFunc(figuresOfLife(clients), s.match.MatchString) {
			continue
		}
		if err := enoughFiles(clients); err != nil {
			report.LeftOut = append(report.LeftOut, fmt.Sprintf("Whole servers with %s clients: %v", count(clients), err))
			continue
		}
		outcomes := map[string][][]Outcome{} // of each contestant and round
		for range min(s.rounds, wholeRounds) {
			for _, c := range wholeContestants {
				if !slices.Contains(s.contestants, c) {
					continue
				}
				fmt.Fprintf(stdout, "whole servers: %s, %s clients …\n", c, count(clients))
				life, err := s.live(ctx, stdout, c, clients)
				if err != nil {
					return fmt.Errorf("whole servers: %s, %d clients: %w", c, clients, err)
				}
				outcomes[c] = append(outcomes[c], life)
			}
		}
		report.Whole = append(report.Whole, wholeRows(outcomes)...)
	}
	return nil
}

// enoughFiles tells whether a process may have as many connections. Go raises the
// limit as far as it may by itself.
func enoughFiles(clients int) error {
	const besides = 100
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if limit.Max < uint64(clients+besides) {
		return fmt.Errorf("a process may have %d files open; let it have %d: ulimit -Hn", limit.Max, clients+besides)
	}
	return nil
}

// live starts whole servers of a contestant, and takes all figures of them, from when
// their clients come until one of them is killed.
func (s settings) live(ctx context.Context, stdout io.Writer, contestant string, clients int) (all []Outcome, err error) {
	f, err := startWholeFleet(ctx, contestant)
	if err != nil {
		return nil, err
	}
	defer f.close()
	l := life{settings: s, fleet: f, clients: clients, stdout: stdout}
	names := figuresOfLife(clients)
	if all, err = l.storm(ctx, names[0], names[1]); err != nil {
		return nil, fmt.Errorf("%s: %w", names[0], err)
	}
	for i, take := range []func(context.Context) (Outcome, error){l.saturated, l.atRate, l.echo, l.kill} {
		name := names[i+2]
		if !s.match.MatchString(name) {
			continue
		}
		o, err := take(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		o.Figure = name
		all = append(all, o)
	}
	return slices.DeleteFunc(all, func(o Outcome) bool { return !s.match.MatchString(o.Figure) }), nil
}

// figuresOfLife are the names of what is measured, in order.
func figuresOfLife(clients int) (names []string) {
	for _, what := range []string{
		"all connect at once", "memory", "broadcast, saturated",
		fmt.Sprintf("broadcast at %.3g/s", broadcastRate(clients)), "echo, saturated", "a server killed",
	} {
		names = append(names, fmt.Sprintf("whole servers, %s clients: %s", count(clients), what))
	}
	return names
}

// count writes a number of things.
func count(n int) string {
	if n < 100 {
		return strconv.Itoa(n)
	}
	return number(float64(n))
}

// broadcastRate is how many broadcasts a second are sent at a rate: so many that
// 20,000 messages a second arrive at the clients, which is a good part of what a small
// machine can do, and at most 100.
func broadcastRate(clients int) float64 { return min(100, 20_000/float64(clients)) }
