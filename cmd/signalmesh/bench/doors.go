//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

const doorsName = "doors"

// doorSetups are who takes part, in order: apps at one door, or one Redis, and apps
// each at a door of its own, or all at one Redis.
var doorSetups = []struct {
	contestant string
	apps       int
}{{contestantMesh, 1}, {contestantRedis, 1}, {contestantMesh, 3}, {contestantRedis, 3}}

// A DoorRow is one kind of load at one of the setups, over all rounds. Times are in
// microseconds.
type DoorRow struct {
	Figure, Contestant string
	Apps               int
	Heard              Spread // messages a second of all apps together
	P50, P99           Spread
	CPU                Spread // for each message heard, of nodes or of Redis
}

// doorRate is that of each app when the load is light, and doorWindow how many
// messages of an app wait for answers when it is heavy.
const (
	doorRate   = 1_000
	doorWindow = 256
	doorRounds = 3
)

// doors measures Redis doors, and Redis, with apps in processes of their own.
func (s settings) doors(ctx context.Context, stdout io.Writer) (rows []DoorRow, err error) {
	if !slices.Contains(s.contestants, contestantMesh) || !slices.Contains(s.contestants, contestantRedis) {
		return nil, nil
	}
	begun := make([]*endpoints, len(doorSetups))
	defer func() {
		for _, e := range begun {
			err = errors.Join(err, e.close())
		}
	}()
	for i, setup := range doorSetups {
		if begun[i], err = startEndpoints(ctx, setup.contestant, setup.apps); err != nil {
			return nil, fmt.Errorf("%s: start %s: %w", doorsName, setup.contestant, err)
		}
	}
	for _, figure := range []struct {
		name string
		rate int
	}{{"as fast as they are answered", 0}, {fmt.Sprintf("%d/s of each app", doorRate), doorRate}} {
		fmt.Fprintf(stdout, "%s: %s …\n", doorsName, figure.name)
		results := make([][]doorResult, len(doorSetups))
		for range min(s.rounds, doorRounds) {
			for i, e := range begun {
				r, err := s.load(ctx, e, figure.rate)
				if err != nil {
					return nil, fmt.Errorf("%s: %s: %w", doorsName, doorSetups[i].contestant, err)
				}
				results[i] = append(results[i], r)
			}
		}
		for i, setup := range doorSetups {
			rows = append(rows, doorRow(figure.name, setup.contestant, setup.apps, results[i]))
		}
	}
	return rows, nil
}

// A doorResult is one round.
type doorResult struct {
	perSecond float64
	latency   Counts
	cpu       time.Duration
}

func doorRow(figure, contestant string, apps int, results []doorResult) DoorRow {
	spread := func(of func(doorResult) float64) Spread {
		var values []float64
		for _, r := range results {
			values = append(values, of(r))
		}
		return spreadOf(values)
	}
	return DoorRow{
		Figure: figure, Contestant: contestant, Apps: apps,
		Heard: spread(func(r doorResult) float64 { return r.perSecond }),
		P50:   spread(func(r doorResult) float64 { return micros(r.latency.quantile(0.5)) }),
		P99:   spread(func(r doorResult) float64 { return micros(r.latency.quantile(0.99)) }),
		CPU:   spread(func(r doorResult) float64 { return micros(r.cpu) }),
	}
}

// load has all apps do their load once.
func (s settings) load(ctx context.Context, e *endpoints, rate int) (r doorResult, err error) {
	begin := now() + int64(300*time.Millisecond)
	from := begin + int64(s.warm)/2
	l := AppLoad{
		Password: e.password, Apps: len(e.addresses), Rate: rate, ShareEvery: 10, Begin: begin, From: from, To: from + int64(s.measured)/2,
		Size: 256, Unsettled: doorWindow,
	}
	replies := make([]AppResult, len(e.addresses))
	running := make(chan error, 1)
	go func() { // until the apps end
		running <- each(e.addresses, func(i int, address string) error {
			mine := l
			mine.Index, mine.Address = i, address
			return runAppProcess(ctx, mine, &replies[i])
		})
	}()
	var used [2]Usage
	for i, at := range []int64{l.From, l.To} {
		err = errors.Join(err, pause(ctx, at))
		u, failed := e.usage()
		used[i], err = u, errors.Join(err, failed)
	}
	if err = errors.Join(err, <-running); err != nil {
		return r, err
	}
	heard := uint64(0)
	r.latency = Counts{}
	for _, reply := range replies {
		heard += reply.Heard
		r.latency.merge(reply.Latency)
	}
	r.perSecond = float64(heard) / time.Duration(l.To-l.From).Seconds()
	if heard > 0 {
		r.cpu = used[1].minus(used[0]).CPU / time.Duration(heard)
	}
	return r, nil
}

// runAppProcess runs one app in a process of its own.
func runAppProcess(ctx context.Context, l AppLoad, r *AppResult) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, self, roleApp, string(text))
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run an app: %w", err)
	}
	return json.Unmarshal(out.Bytes(), r)
}

func doorsTable(rows []DoorRow) table {
	t := table{
		title: fmt.Sprintf("Apps at Redis doors and at Redis, %s, 256 B; one message in ten goes to all apps", rows[0].Figure),
		head:  []string{"", "messages/s heard by all apps", "p50 µs", "p99 µs", "CPU of nodes or Redis, µs/message"},
	}
	for _, row := range rows {
		where := map[string]string{
			contestantMesh + "1": "1 app, 1 node", contestantRedis + "1": "1 app, Redis",
			contestantMesh + "3": "3 apps, each with its node", contestantRedis + "3": "3 apps, one Redis",
		}[row.Contestant+fmt.Sprint(row.Apps)]
		t.rows = append(t.rows, []string{where, row.Heard.String(), row.P50.String(), row.P99.String(), row.CPU.String()})
	}
	return t
}
