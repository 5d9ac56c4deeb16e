//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// textSize is how long the texts are that are sent, in bytes.
const textSize = 256

// A running is a play that runs. What is sent carries a mark: the play's number, the
// slot that it was sent from, and when it was due.
type running struct {
	Play
	senders []*visitor
	judges  []*visitor // whose messages count
	slots   []slot     // of broadcasts that are out, if there is no rate
	padding string

	pacing chan struct{} // closed when nothing more is sent at a rate
	stop   context.CancelFunc

	sent, done, refused atomic.Int64 // done: calls that were answered
	window              atomic.Uint64
	until               atomic.Int64 // when the last one in the window was
	latency             histogram    // of broadcasts that were due in the window

	mu      sync.Mutex // guards answers
	answers []answered
}

// A slot counts the clients that the broadcast which is out has arrived at.
type slot struct{ arrived atomic.Int64 }

// An answered is a call that was due at a time, and how long that took.
type answered struct{ due, took int64 }

func newRunning(c *crowd, p Play) *running {
	r := &running{Play: p, padding: strings.Repeat(".", textSize)}
	for _, v := range c.visitors {
		if slices.Contains(p.Senders, v.home) {
			r.senders = append(r.senders, v)
		}
		if v.home != p.Doomed {
			r.judges = append(r.judges, v)
		}
	}
	r.slots = make([]slot, min(p.AtATime, len(r.senders)))
	return r
}

// begin sends at the rate, or the first in each slot: who gets the last of what is
// waited for sends the next.
func (r *running) begin(ctx context.Context) {
	if len(r.senders) == 0 || pause(ctx, r.Begin) != nil {
		return
	}
	if r.Rate == 0 {
		for i := range r.slots {
			r.send(i, now())
		}
		return
	}
	plan := schedule{r.Begin, r.End, float64(time.Second) / r.Rate, 0}
	due := make(chan int64, plan.room())
	var pacing sync.WaitGroup
	pacing.Go(func() { pace(ctx, plan, due) })
	next := 0
	for t := range due {
		r.send(next%len(r.senders), t)
		next++
	}
	pacing.Wait()
}

// send sends a broadcast or makes a call, from a slot.
func (r *running) send(slot int, due int64) {
	r.sent.Add(1)
	mark := fmt.Sprintf("%d %d %d ", r.Number, slot, due)
	method := "Echo"
	if r.Broadcast {
		method = "Tell"
	}
	if err := r.senders[slot].call(mark, method, mark+r.padding[len(mark):]); err != nil {
		r.refused.Add(1)
	}
}

// marked reads the mark that a text begins with. ok is false if it is not of this
// play.
func (r *running) marked(text string) (slot int, due int64, ok bool) {
	fields := strings.SplitN(text, " ", 4)
	if len(fields) < 4 {
		return 0, 0, false
	}
	number, err := strconv.ParseUint(fields[0], 10, 32)
	if err != nil || uint32(number) != r.Number {
		return 0, 0, false
	}
	if slot, err = strconv.Atoi(fields[1]); err != nil || slot < 0 || slot >= len(r.senders) {
		return 0, 0, false
	}
	due, err = strconv.ParseInt(fields[2], 10, 64)
	return slot, due, err == nil
}

// heard counts a broadcast at a client, and sends the next if it was the last to get it.
func (r *running) heard(v *visitor, m protocol.Invocation) {
	if len(m.Arguments) != 1 {
		return
	}
	raw, _ := m.Arguments[0].(protocol.Raw)
	slot, due, ok := r.marked(strings.Trim(string(raw), `"`))
	if !ok || v.home == r.Doomed {
		return
	}
	arrived := now()
	v.heard.Add(1)
	r.count(arrived)
	if r.Rate > 0 {
		if due >= r.From && due < r.To {
			r.latency.add(time.Duration(arrived - due))
		}
		return
	}
	if n := r.slots[slot].arrived.Add(1); n == int64(len(r.judges)) {
		r.slots[slot].arrived.Store(0)
		r.again(slot)
	}
}

// answered counts an answer to a call, or to the wish to broadcast.
func (r *running) answered(_ *visitor, m protocol.Completion) {
	slot, due, ok := r.marked(m.InvocationID)
	if !ok {
		return
	}
	if m.Failed {
		r.refused.Add(1)
	}
	if r.Broadcast {
		return
	}
	at := now()
	r.done.Add(1)
	r.count(at)
	if r.Rate > 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.answers = append(r.answers, answered{due, at - due})
		return
	}
	r.again(slot)
}

// count counts what arrived at a time, if that is in the window.
func (r *running) count(at int64) {
	if r.Rate == 0 || at >= r.From && at < r.To {
		r.window.Add(1)
		storeMax(&r.until, at)
	}
}

// again sends the next from a slot, if there is no rate, until the play is over.
func (r *running) again(slot int) {
	if t := now(); t < r.End {
		r.send(slot, t)
	}
}

// missing is how much has not arrived of what was sent.
func (r *running) missing() (missing int) {
	sent := int(r.sent.Load())
	if !r.Broadcast {
		return sent - int(r.done.Load())
	}
	for _, v := range r.judges {
		missing += max(0, sent-int(v.heard.Load()))
	}
	return missing
}

// played is what has come of it.
func (r *running) played(e End) *Played {
	p := &Played{Sent: int(r.sent.Load()), Refused: int(r.refused.Load()), Window: r.window.Load(), Until: r.until.Load(), Missing: r.missing()}
	if r.Broadcast {
		p.Latency = []Counts{r.latency.counts()}
		return p
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range e.Windows {
		var h histogram
		for _, a := range r.answers {
			if a.due >= w[0] && a.due < w[1] {
				h.add(time.Duration(a.took))
			}
		}
		p.Latency = append(p.Latency, h.counts())
	}
	return p
}
