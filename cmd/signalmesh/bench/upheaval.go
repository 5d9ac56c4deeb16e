//go:build linux

package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// storm has all clients connect at once, while the witnesses call, and measures the
// memory before and after.
func (l *life) storm(ctx context.Context, storm, memory string) ([]Outcome, error) {
	f := l.fleet
	addresses := f.addresses()
	if _, err := f.witnesses.ask(ctx, Command{Op: opCome, Come: &Come{Addresses: addresses[:doomed], Count: witnesses}}); err != nil {
		return nil, err
	}
	empty, err := f.resident(ctx)
	if err != nil {
		return nil, err
	}
	calm := l.next(Play{Rate: echoRate, Senders: []int{0, 1}, Doomed: -1}, l.warm, l.measured)
	calm.End += int64(time.Minute) // at the latest
	if _, err := f.witnesses.ask(ctx, Command{Op: opPlay, Play: &calm}); err != nil {
		return nil, err
	}
	before, err := f.readAt(ctx, calm.To)
	if err != nil {
		return nil, err
	}
	begun := now()
	coming, err := f.crowd.ask(ctx, Command{Op: opCome, Come: &Come{Addresses: addresses, Count: l.clients}})
	if err != nil {
		return nil, err
	}
	l.tellFailures(coming.Came.Again, coming.Came.Why)
	after, err := f.readAt(ctx, coming.Came.Last)
	if err != nil {
		return nil, err
	}
	spent, others := after.since(before)
	echo, err := f.witnesses.ask(ctx, Command{Op: opEnd, End: &End{Windows: [][2]int64{{calm.From, calm.To}, {begun, coming.Came.Last}}}})
	if err != nil {
		return nil, err
	}
	full, err := f.resident(ctx)
	if err != nil {
		return nil, err
	}
	return []Outcome{
		{Figure: storm, Others: others, Values: []Value{
			{Name: "all ready after ms", V: millis(coming.Came.Last - begun), Plot: true},
			{Name: "half ready after ms", V: millis(int64(coming.Came.Ready.quantile(0.5)))},
			{Name: "CPU µs/connection", V: micros(spent) / float64(l.clients), Plot: true},
			{Name: "p99 of others' echo, ms, before", V: millis(int64(echo.Played.Latency[0].quantile(0.99)))},
			{Name: "p99 of others' echo, ms, meanwhile", V: millis(int64(echo.Played.Latency[1].quantile(0.99))), Plot: true},
			{Name: "attempts that failed", V: float64(coming.Came.Again), Count: true},
			{Name: "calls not answered", V: float64(echo.Played.Missing), Count: true},
		}},
		{Figure: memory, Others: others, Values: []Value{{Name: "kB for each connection", V: float64(full-empty) / float64(l.clients) / 1000, Plot: true}}},
	}, nil
}

// kill kills a server under broadcasts at a rate and calls of the witnesses, and lets
// its clients go to the others. Broadcasts between the others, and their clients, are
// watched meanwhile.
func (l *life) kill(ctx context.Context) (Outcome, error) {
	f := l.fleet
	tell := l.next(Play{Broadcast: true, Rate: broadcastRate(l.clients), Senders: []int{0, 1}, Doomed: doomed}, l.warm, 2*l.measured)
	echo := tell
	echo.Broadcast, echo.Rate, echo.Doomed = false, echoRate, -1
	for p, play := range map[*process]*Play{f.crowd: &tell, f.witnesses: &echo} {
		if _, err := p.ask(ctx, Command{Op: opPlay, Play: play}); err != nil {
			return Outcome{}, err
		}
	}
	before, err := f.readAt(ctx, tell.From)
	if err != nil {
		return Outcome{}, err
	}
	killed := now()
	if err := f.killServer(); err != nil {
		return Outcome{}, err
	}
	after, err := f.readAt(ctx, tell.To)
	if err != nil {
		return Outcome{}, err
	}
	_, others := after.since(before)
	theirs := (l.clients + wholeServers - 1 - doomed) / wholeServers
	var told, called Reply
	var toldErr, calledErr error
	var ending sync.WaitGroup
	ending.Go(func() { told, toldErr = f.crowd.ask(ctx, Command{Op: opEnd, End: &End{Back: theirs}}) })
	ending.Go(func() {
		called, calledErr = f.witnesses.ask(ctx, Command{Op: opEnd, End: &End{Windows: [][2]int64{{echo.From, echo.To}}}})
	})
	ending.Wait()
	switch {
	case toldErr != nil:
		return Outcome{}, toldErr
	case calledErr != nil:
		return Outcome{}, calledErr
	case told.Played.Moved != theirs || told.Played.Back != theirs || called.Played.Moved > 0:
		return Outcome{}, fmt.Errorf("%d clients were on the server, %d and %d others moved, and %d are back", theirs, told.Played.Moved, called.Played.Moved, told.Played.Back)
	}
	l.tellFailures(told.Played.Again, told.Played.Why)
	return Outcome{Others: others, Values: []Value{
		{Name: "all its clients back after ms", V: millis(told.Played.Last - killed), Plot: true},
		{Name: "attempts that failed", V: float64(told.Played.Again), Count: true},
		{Name: "p99 of the rest's echo, ms", V: millis(int64(called.Played.Latency[0].quantile(0.99))), Plot: true},
		{Name: "p99 of broadcasts to the rest, ms", V: millis(int64(told.Played.Latency[0].quantile(0.99))), Plot: true},
		{Name: "broadcasts the rest missed", V: float64(told.Played.Missing), Count: true},
		{Name: "calls not answered", V: float64(called.Played.Missing), Count: true},
		{Name: "refused", V: float64(told.Played.Refused + called.Played.Refused), Count: true},
	}}, nil
}
