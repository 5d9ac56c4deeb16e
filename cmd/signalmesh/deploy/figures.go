//go:build linux

package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// The goals, for a rolling restart of all servers.
const (
	missedGoal = 3                      // messages missed by one client
	awayGoal   = 500 * time.Millisecond // the median
)

// accounts are the answer of the clients to "settle".
type accounts struct {
	Clients  []account
	Warnings map[string]int // of the clients' logs, with their numbers
}

// An account is that of one client since "begin"; see record.mjs.
type account struct {
	Balancer, Transport  string
	Away                 []float64 // ms
	Missed               int
	MissedWhileConnected int
	Duplicates           int
	Disordered           int
	Closed               string // why the connection ended for ever; "" if it did not
	Settled              bool   // connected, with the newest message
}

// A row sums up the effect of one action on the clients behind one balancer.
type row struct {
	Balancer, Action string
	Clients          int
	Moved            int           // clients that were away at least once
	Median, Longest  time.Duration // of all times that clients were away
	Worst, Missed    int           // messages missed by one client, and by all
	WhileConnected   int           // of Missed: without a reconnect
	Duplicates       int
	Disordered       int
	Closed           int
	Err              error // which promises were broken
	Short            error // which goals were not reached
}

// ok reports whether the row does not fail.
func (r row) ok() bool { return r.Err == nil && r.Short == nil }

// rows sums up the accounts, one row for each balancer.
func (a accounts) rows(action string, kinds []kind) []row {
	var rows []row
	for _, k := range kinds {
		rows = append(rows, a.row(row{Balancer: k.name, Action: action}, func(c account) bool {
			return c.Balancer == k.name
		}))
	}
	return rows
}

// row completes a row with the accounts that belong to it.
func (a accounts) row(r row, belongs func(account) bool) row {
	var away []time.Duration
	for _, c := range a.Clients {
		if !belongs(c) {
			continue
		}
		r.add(c)
		for _, ms := range c.Away {
			away = append(away, time.Duration(ms*float64(time.Millisecond)))
		}
	}
	if len(away) > 0 {
		slices.Sort(away)
		r.Median, r.Longest = away[(len(away)-1)/2], away[len(away)-1]
	}
	r.Err = errors.Join(r.Err, r.promises())
	return r
}

func (r *row) add(c account) {
	r.Clients++
	if len(c.Away) > 0 {
		r.Moved++
	}
	r.Worst = max(r.Worst, c.Missed)
	r.Missed += c.Missed
	r.WhileConnected += c.MissedWhileConnected
	r.Duplicates += c.Duplicates
	r.Disordered += c.Disordered
	switch {
	case c.Closed != "":
		r.Closed++
		r.Err = errors.Join(r.Err, fmt.Errorf("a client (%s) was closed: %s", c.Transport, c.Closed))
	case !c.Settled:
		r.Err = errors.Join(r.Err, fmt.Errorf("a client (%s) was not connected, with the newest message, after %v", c.Transport, settleLimit))
	}
}

// promises returns the promises that hold for every action and were broken.
func (r *row) promises() (err error) {
	for _, p := range []struct {
		n    int
		what string
	}{
		{r.Duplicates, "messages arrived twice"},
		{r.Disordered, "messages arrived out of order"},
		{r.WhileConnected, "messages were missed by clients that were connected"},
	} {
		if p.n > 0 {
			err = errors.Join(err, fmt.Errorf("%d %s", p.n, p.what))
		}
	}
	return err
}

// hold compares the row with the goals.
func (r *row) hold() {
	if r.Moved == 0 {
		r.Err = errors.Join(r.Err, errors.New("no client was away: the action did not take place"))
	}
	if r.Worst > missedGoal {
		r.Short = errors.Join(r.Short, fmt.Errorf("a client missed %d messages; the goal is at most %d", r.Worst, missedGoal))
	}
	if r.Median >= awayGoal {
		r.Short = errors.Join(r.Short, fmt.Errorf("clients were away for %v (median); the goal is less than %v", r.Median, awayGoal))
	}
}

// again reports whether an action is worth a second try: it kept the promises, and was
// short of a goal. Goals are about time, and another program can take the time.
func again(rows []row) bool {
	broken := slices.ContainsFunc(rows, func(r row) bool { return r.Err != nil })
	return !broken && slices.ContainsFunc(rows, func(r row) bool { return r.Short != nil })
}

// commonest returns the most frequent warnings.
func (a accounts) commonest(n int) []string {
	var lines []string
	texts := make([]string, 0, len(a.Warnings))
	for text := range a.Warnings {
		texts = append(texts, text)
	}
	slices.SortFunc(texts, func(x, y string) int {
		return cmp.Or(cmp.Compare(a.Warnings[y], a.Warnings[x]), cmp.Compare(x, y))
	})
	for _, text := range texts[:min(n, len(texts))] {
		lines = append(lines, fmt.Sprintf("%d × %s", a.Warnings[text], text))
	}
	return lines
}

// worst describes the clients that missed the most messages.
func (a accounts) worst(n int) []string {
	clients := slices.Clone(a.Clients)
	slices.SortStableFunc(clients, func(x, y account) int { return cmp.Compare(y.Missed, x.Missed) })
	var lines []string
	for _, c := range clients[:min(n, len(clients))] {
		lines = append(lines, fmt.Sprintf("%s, %s: missed %d, away for %.0f ms", c.Balancer, c.Transport, c.Missed, c.Away))
	}
	return lines
}
