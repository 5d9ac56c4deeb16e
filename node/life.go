package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrClosed is returned by methods of a Node that is closing or closed.
var ErrClosed = errors.New("the node is closing")

// A Phase is the state of a node towards clients.
//
//	Serving ──Drain──▶ Draining ──DrainDelay──▶ Moving ──clients have left──▶ Drained
//	   ▲                  │                       │                            │
//	   └─────Undrain──────┴───────────────────────┴────────────────────────────┘
//
// Close leads from every phase to Closing. Only in Serving is the node ready. In all
// phases but Closing it is a member of the mesh, and its hubs can be sent to.
type Phase uint8

const (
	Serving  Phase = iota // clients connect and are served
	Draining              // the same, but the node reports that it is not ready
	Moving                // new clients are refused, and connected clients get a Close message
	Drained               // no client is connected
	Closing               // the node closes, or is closed
)

var phases = [...]string{Serving: "serving", Draining: "draining", Moving: "moving", Drained: "drained", Closing: "closing"}

// String returns the phase as the admin listener shows it: "serving", "draining",
// "moving", "drained" or "closing".
func (p Phase) String() string { return phases[p] }

// MarshalText returns String.
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what String returns.
func (p *Phase) UnmarshalText(text []byte) error {
	for phase, name := range phases {
		if name == string(text) {
			*p = Phase(phase)
			return nil
		}
	}
	return fmt.Errorf("%q is not a phase of a node", text)
}

// A life holds the phase of a node and the drain that led to it.
type life struct {
	drains sync.WaitGroup // goroutines that drain

	mu      sync.Mutex
	phase   Phase
	changed chan struct{} // closed and replaced when the phase changes
	drain   *drain        // the latest; nil in Serving
}

func newLife() life { return life{changed: make(chan struct{})} }

// watch returns the phase, and a channel that is closed when it changes.
func (l *life) watch() (Phase, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.phase, l.changed
}

// latest returns the drain that led to the phase; nil if there is none.
func (l *life) latest() *drain {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.drain
}

// become enters a phase. The caller holds mu.
func (l *life) become(p Phase) {
	l.phase = p
	close(l.changed)
	l.changed = make(chan struct{})
}

// begin returns the present drain, which may have ended. If there is none it starts one,
// with run as its goroutine. With final the drain can no longer be undone.
func (l *life) begin(plan drainPlan, final bool, run func(*drain)) (*drain, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase == Closing {
		return nil, ErrClosed
	}
	if l.drain == nil {
		d := newDrain(plan)
		l.drain = d
		l.become(Draining)
		l.drains.Go(func() { run(d) })
	}
	l.drain.final = l.drain.final || final
	return l.drain, nil
}

// advance enters a later phase of the drain d, and reports whether it did. It does not
// if the node closes or d is undone.
func (l *life) advance(d *drain, p Phase) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase >= p || errors.Is(context.Cause(d.ctx), errUndone) {
		return false
	}
	l.become(p)
	return true
}

// undo ends the drain and waits for it. It returns nil if there is none.
func (l *life) undo() (*drain, error) {
	l.mu.Lock()
	d, phase := l.drain, l.phase
	final := d != nil && d.final
	if phase != Closing && !final && d != nil {
		d.cancel(errUndone)
	}
	l.mu.Unlock()
	switch {
	case phase == Closing:
		return nil, ErrClosed
	case final:
		return nil, errors.New("the node is being stopped, which cannot be undone")
	case d != nil:
		<-d.done
	}
	return d, nil
}

// resume enters Serving after the drain d was undone.
func (l *life) resume(d *drain) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase != Closing && l.drain == d {
		l.drain = nil
		l.become(Serving)
	}
}

// close enters Closing, and waits for the drain.
func (l *life) close() {
	l.mu.Lock()
	l.become(Closing)
	if l.drain != nil {
		l.drain.cancel(ErrClosed)
	}
	l.mu.Unlock()
	l.drains.Wait()
}

// Phase returns the present phase.
func (n *Node) Phase() Phase {
	p, _ := n.life.watch()
	return p
}

// WatchPhase returns the phase, and a channel that is closed when it changes.
func (n *Node) WatchPhase() (Phase, <-chan struct{}) { return n.life.watch() }

// A DrainStatus is a drain as the admin listener shows it. Times are in seconds.
type DrainStatus struct {
	Elapsed      float64 `json:"elapsedSeconds"`
	DelayLeft    float64 `json:"delayLeftSeconds"` // until the first Close message, at most
	Left         float64 `json:"leftSeconds"`      // until the remaining clients are disconnected; 0 after the drain
	Spread       float64 `json:"spreadSeconds"`    // from the first Close message to the last
	Moved        int     `json:"moved"`            // clients; 0 during the drain
	Disconnected int     `json:"disconnected"`     // clients; 0 during the drain
	Gone         int     `json:"gone"`             // clients; 0 during the drain
}

// drainStatus returns nil if the node serves.
func (n *Node) drainStatus() *DrainStatus {
	d := n.life.latest()
	if d == nil {
		return nil
	}
	if closed(d.done) {
		return &DrainStatus{
			Elapsed: d.report.Took.Seconds(), Spread: d.plan.spreadOf(d.report.Moved + d.report.Disconnected).Seconds(),
			Moved: d.report.Moved, Disconnected: d.report.Disconnected, Gone: d.report.Gone,
		}
	}
	since, clients := time.Since(d.begun), n.clients()
	return &DrainStatus{
		Elapsed: since.Seconds(), DelayLeft: max(0, d.plan.delayOf(clients)-since).Seconds(),
		Left: max(0, d.plan.timeout-since).Seconds(), Spread: d.plan.spreadOf(clients).Seconds(),
	}
}
