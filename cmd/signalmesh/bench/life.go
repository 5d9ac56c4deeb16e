//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

const (
	// wholeOut is about how many messages to clients are out at a time when broadcasts
	// saturate: so few that none waits for long.
	wholeOut = 12_000
	// wholeCalls is how many calls are, each of another client.
	wholeCalls = 120
	// witnesses are the clients that see how others fare, and echoRate how many calls a
	// second they make together.
	witnesses = 20
	echoRate  = 400
)

// A life is that of whole servers and their clients, from the first to come until a
// server is killed.
type life struct {
	settings
	fleet   *wholeFleet
	clients int
	stdout  io.Writer
}

// tellFailures tells why attempts to connect failed, if some did.
func (l *life) tellFailures(attempts int, why string) {
	if attempts > 0 {
		fmt.Fprintf(l.stdout, "  %d attempts to connect failed and were made again, the first: %s\n", attempts, why)
	}
}

// next makes a play that begins soon: with what every play has.
func (l *life) next(p Play, warm, measured time.Duration) Play {
	l.fleet.plays++
	p.Number = l.fleet.plays
	p.Begin = now() + int64(100*time.Millisecond)
	p.From = p.Begin + int64(warm)
	p.To = p.From + int64(measured)
	p.End = p.To
	return p
}

func millis(nanoseconds int64) float64 { return float64(nanoseconds) / float64(time.Millisecond) }

func (l *life) saturated(ctx context.Context) (Outcome, error) {
	broadcasts := min(4*wholeServers, max(wholeServers, wholeOut/l.clients))
	p := Play{Broadcast: true, AtATime: broadcasts, Senders: []int{0, 1, 2}, Doomed: -1}
	return l.load(ctx, p, "messages/s at the clients", "CPU µs/message")
}

func (l *life) atRate(ctx context.Context) (Outcome, error) {
	p := Play{Broadcast: true, Rate: broadcastRate(l.clients), Senders: []int{0, 1, 2}, Doomed: -1}
	return l.load(ctx, p, "messages/s at the clients", "CPU µs/message")
}

func (l *life) echo(ctx context.Context) (Outcome, error) {
	p := Play{AtATime: wholeCalls, Senders: []int{0, 1, 2}, Doomed: -1}
	return l.load(ctx, p, "invocations/s", "CPU µs/invocation")
}

// load is what a load comes to: how many a second, at what price, and how long it took
// if there is a rate. Without one it is warmed up by another like it, since all that is
// sent counts, until the last of it has arrived.
func (l *life) load(ctx context.Context, p Play, rate, price string) (o Outcome, err error) {
	var m measurement
	if p.Rate > 0 {
		m, err = l.measure(ctx, l.next(p, l.warm, 2*l.measured))
	} else if _, err = l.measure(ctx, l.next(p, 0, l.warm)); err == nil {
		m, err = l.measure(ctx, l.next(p, 0, l.measured))
	}
	if err != nil {
		return o, err
	}
	if p.Rate > 0 {
		o.Values = []Value{
			{Name: "p50 ms", V: millis(int64(m.Latency[0].quantile(0.5))), Plot: true},
			{Name: "p99 ms", V: millis(int64(m.Latency[0].quantile(0.99))), Plot: true},
		}
	}
	o.Others = m.others
	o.Values = append(o.Values,
		Value{Name: rate, V: float64(m.Window) / m.took.Seconds(), Plot: p.Rate == 0},
		Value{Name: price, V: micros(m.servers) / max(1, float64(m.Window)), Plot: true},
		Value{Name: "missing", V: float64(m.Missing), Count: true},
		Value{Name: "refused", V: float64(m.Refused), Count: true},
	)
	return o, nil
}

// A measurement is what came of a play of the crowd in its window, and what was used.
type measurement struct {
	*Played
	took    time.Duration
	servers time.Duration // CPU
	others  float64       // cores
}

func (l *life) measure(ctx context.Context, p Play) (m measurement, err error) {
	if _, err := l.fleet.crowd.ask(ctx, Command{Op: opPlay, Play: &p}); err != nil {
		return m, err
	}
	before, err := l.fleet.readAt(ctx, p.From)
	if err != nil {
		return m, err
	}
	var after meter
	if p.Rate > 0 {
		if after, err = l.fleet.readAt(ctx, p.To); err != nil {
			return m, err
		}
	}
	r, err := l.fleet.crowd.ask(ctx, Command{Op: opEnd, End: new(End)})
	if err != nil {
		return m, err
	}
	m.Played, m.took = r.Played, time.Duration(p.To-p.From)
	if p.Rate == 0 {
		m.took = time.Duration(m.Until - p.From)
		if after, err = l.fleet.readAt(ctx, m.Until); err != nil {
			return m, err
		}
	}
	if m.Moved > 0 {
		return m, fmt.Errorf("%d clients lost their server", m.Moved)
	}
	m.servers, m.others = after.since(before)
	return m, nil
}
