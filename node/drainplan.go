package node

import (
	"cmp"
	"fmt"
	"time"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// The default times of a drain.
const (
	// defaultDrainDelay covers an ordinary health check: one every 2 s, of which three
	// in a row must fail, notices after 4 to 6 s.
	defaultDrainDelay = 7 * time.Second
	// defaultDrainSpread and drainPace spread reconnects: a hundred a second, or as
	// many as fit in 5 s.
	defaultDrainSpread = 5 * time.Second
	drainPace          = 10 * time.Millisecond
	// defaultDrainTimeout fits in the 30 s that Kubernetes gives a pod, with the 3 s
	// that leaving the mesh may take.
	defaultDrainTimeout = 25 * time.Second
	// departureTime is the time to leave after the last Close message, if the timeout
	// is not given.
	departureTime = 10 * time.Second
	// redisTime bounds the time for clients of Redis doors to move; see door.Door.Drain.
	redisTime = 5 * time.Second
)

// A drainPlan is the times of a drain.
type drainPlan struct {
	delay, spread, timeout time.Duration
	adaptDelay             bool // the delay ends when no client is connected
	adaptSpread            bool // the spread is shorter for few clients
}

// delayOf returns how long a node with so many clients serves before it moves them.
func (p drainPlan) delayOf(clients int) time.Duration {
	if p.adaptDelay && clients == 0 {
		return 0
	}
	return p.delay
}

// spreadOf returns the time over which that number of clients get a Close message.
func (p drainPlan) spreadOf(clients int) time.Duration {
	if p.adaptSpread {
		return min(p.spread, time.Duration(clients)*drainPace)
	}
	return p.spread
}

// drainPlan completes the times of a drain. ok reports whether the delay and the
// spread fit in the timeout.
func (o Options) drainPlan() (p drainPlan, ok bool) {
	spread := cmp.Or(o.DrainSpread, o.SignalR.ShutdownSpread)
	p = drainPlan{
		delay: max(0, cmp.Or(o.DrainDelay, defaultDrainDelay)), adaptDelay: o.DrainDelay == 0,
		spread: max(0, cmp.Or(spread, defaultDrainSpread)), adaptSpread: spread == 0,
		timeout: o.DrainTimeout,
	}
	if p.timeout == 0 {
		p.timeout = max(defaultDrainTimeout, p.delay+p.spread+departureTime)
	}
	return p, p.delay+p.spread < p.timeout
}

// drain adds the rows of the times of a drain, and checks them.
func (r *resolver) drain() {
	plan, ok := r.o.drainPlan()
	r.s.drain = plan
	origin := func(name string, given bool) string {
		if !given {
			return "default"
		}
		return r.o.origin(name)
	}
	delay, spread := origin("drain-delay", !plan.adaptDelay), origin("drain-spread", !plan.adaptSpread)
	timeout := origin("drain-timeout", r.o.DrainTimeout != 0)
	r.s.row("drain-delay", plan.delay.String(), delay)
	r.s.row("drain-spread", plan.spread.String(), spread)
	r.s.row("drain-timeout", plan.timeout.String(), timeout)
	if ok && plan.timeout > defaultDrainTimeout {
		r.s.Problems = append(r.s.Problems, diag.Problem{Severity: diag.Notice, At: diag.Origin{Source: timeoutCause(delay, spread, timeout)},
			Message: fmt.Sprintf("a drain may take %v instead of %v: whatever stops the process must wait that long, and 3s for the mesh (terminationGracePeriodSeconds in Kubernetes, docker stop --time, TimeoutStopSec in systemd)",
				plan.timeout, defaultDrainTimeout)})
	}
	if !ok {
		r.fail(fmt.Errorf("drain-delay %v (%s) and drain-spread %v (%s) do not fit in drain-timeout %v (%s); choose a timeout above %v, or a shorter delay or spread",
			plan.delay, delay, plan.spread, spread, plan.timeout, timeout, plan.delay+plan.spread))
	}
}

// timeoutCause returns the origin of the setting that makes a drain take longer than by
// default.
func timeoutCause(delay, spread, timeout string) string {
	for _, origin := range []string{timeout, spread, delay} {
		if origin != "default" {
			return origin
		}
	}
	return ""
}
