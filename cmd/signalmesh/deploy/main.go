//go:build linux

// Command deploy measures what clients notice when servers are restarted behind a load
// balancer. It starts three nodes behind HAProxy and nginx, with Microsoft's JavaScript
// client on every transport, stops, kills and drains nodes, and counts for each client
// the messages that it missed and the time that it was away.
//
//	deploy                               every action, behind every balancer
//	deploy -program build/signalmesh     the program to run as a node
//	deploy -balancer haproxy -action rolling
//	deploy -record docs/reliability.md
//
// It needs Linux, haproxy, nginx, Node.js, and the dependencies of cmd/signalmesh/interop.
// docs/reliability.md describes the method and has the results.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second signal ends the process immediately
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are the command line.
type options struct {
	program, flags string
	clientScript   string
	balancers      []kind
	actions        []action
	clients, rate  int
	record         string
	logs           bool
}

// run is the program. It returns the exit status: 0 if every promise was kept and every
// goal reached, 1 if not or if the measurement failed, 2 for a wrong command line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "deploy: %v\n", err)
		return 2
	}
	if err := o.run(ctx, stdout); err != nil {
		fmt.Fprintf(stderr, "deploy: %v\n", err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("deploy", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.program, "program", "build/signalmesh", "`path` of the program that runs as a node")
	flags.StringVar(&o.flags, "flags", "", "further `flags` of every node, such as \"--drain-delay 8s\"")
	flags.StringVar(&o.clientScript, "client-script", "cmd/signalmesh/deploy/clients.mjs", "`path` of clients.mjs")
	balancer := flags.String("balancer", "", "run only balancers with this `text` in their names")
	action := flags.String("action", "", "run only actions with this `text` in their names")
	flags.IntVar(&o.clients, "clients", 15, "`number` of clients behind each balancer, from 9 to 200")
	flags.IntVar(&o.rate, "rate", 20, "`number` of messages that are sent to all clients each second, from 1 to 100")
	flags.StringVar(&o.record, "record", "", "write the table to this `file`, such as docs/reliability.md")
	flags.BoolVar(&o.logs, "logs", false, "print notes on the clients, and the end of the log of every process, also if nothing failed")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	contains := func(name, text string) bool { return strings.Contains(strings.ToLower(name), strings.ToLower(text)) }
	for _, k := range kinds {
		if contains(k.name, *balancer) {
			o.balancers = append(o.balancers, k)
		}
	}
	for _, a := range actions {
		if contains(a.name, *action) {
			o.actions = append(o.actions, a)
		}
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case len(o.balancers) == 0:
		return o, fmt.Errorf("-balancer %q: no balancer has this in its name", *balancer)
	case len(o.actions) == 0:
		return o, fmt.Errorf("-action %q: no action has this in its name", *action)
	case o.clients < 9 || o.clients > 200:
		return o, fmt.Errorf("-clients %d: the number is from 9 to 200, so that every server has clients of every transport", o.clients)
	case o.rate < 1 || o.rate > 100:
		return o, fmt.Errorf("-rate %d: the number is from 1 to 100", o.rate)
	}
	return o, nil
}

// method describes how the table was made.
func (o options) method() string {
	return fmt.Sprintf("%d clients behind each balancer, %d messages a second to each of them.", o.clients, o.rate)
}

func (o options) run(ctx context.Context, stdout io.Writer) error {
	if err := installed(o.balancers); err != nil {
		return err
	}
	begun := time.Now()
	rows, err := o.measure(ctx, stdout)
	if len(rows) > 0 {
		fmt.Fprintf(stdout, "\n%s %.0f s.\n", o.method(), time.Since(begun).Seconds())
		printTable(stdout, rows)
	}
	if err != nil {
		return err
	}
	if o.record != "" {
		if err := record(o.record, rows, o.method()); err != nil {
			return fmt.Errorf("record the table: %w", err)
		}
	}
	if slices.ContainsFunc(rows, func(r row) bool { return !r.ok() }) {
		return errors.New("a promise was broken or a goal was missed; the reasons are above")
	}
	return nil
}

// measure does all actions to one fleet. An action that cannot be done ends it: then it
// returns the rows of those before.
func (o options) measure(ctx context.Context, stdout io.Writer) (rows []row, err error) {
	f, err := newFleet(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	for _, a := range o.actions {
		measured, failure := f.try(ctx, a, o.logs, stdout)
		if failure == nil && again(measured) {
			fmt.Fprintln(stdout, "a goal was missed; once more, since the machine may have been busy:")
			measured, failure = f.try(ctx, a, o.logs, stdout)
		}
		rows = append(rows, measured...)
		if failure != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", a.name, failure))
		}
		if measured == nil {
			break
		}
	}
	return rows, err
}

// try measures an action, and prints how it went. With logs it always prints what
// explains that, otherwise if the action failed.
func (f *fleet) try(ctx context.Context, a action, logs bool, stdout io.Writer) ([]row, error) {
	fmt.Fprintf(stdout, "%s … ", a.name)
	begun := time.Now()
	rows, notes, err := f.measure(ctx, a)
	failed := err != nil || slices.ContainsFunc(rows, func(r row) bool { return !r.ok() })
	fmt.Fprintf(stdout, "%s, %.0f s\n", map[bool]string{true: "FAILED", false: "ok"}[failed], time.Since(begun).Seconds())
	if failed || logs {
		f.explain(stdout, notes)
	}
	return rows, err
}

// explain prints notes on the clients, and the end of the log of every process.
func (f *fleet) explain(w io.Writer, notes []string) {
	if len(notes) > 0 {
		fmt.Fprintf(w, "--- the clients that missed the most, and the warnings of all:\n%s\n", strings.Join(notes, "\n"))
	}
	for _, p := range f.processes() {
		if text := p.tail(15); len(text) > 0 {
			fmt.Fprintf(w, "--- the log of %s ends with:\n%s\n", p.name, text)
		}
	}
}
