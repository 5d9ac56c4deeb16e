package virtual

import (
	"time"

	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// planFaults makes the events of what goes wrong. (Joining nodes and floods are
// planned with the nodes and the load.)
func (w *world) planFaults() {
	for _, f := range w.s.Faults {
		from := w.begin + f.At.D()
		to := from + f.For.D()
		if f.For == 0 {
			to = w.begin + w.s.Duration.D() + w.s.Drain.D() + time.Second // never
		}
		begin, end := w.act(f)
		if begin != nil {
			w.at(from, nil, func(w *world, _ any) { begin() }, nil)
		}
		if end != nil {
			w.at(to, nil, func(w *world, _ any) { end() }, nil)
		}
	}
}

// act returns what a fault does when it begins and when it ends.
func (w *world) act(f scenario.Fault) (begin, end func()) {
	hosts := w.selected(f.Nodes...)
	switch f.Do {
	case scenario.Cut:
		return w.cutBetween(f, &cut{a: w.set(f.Between[0]), b: w.set(f.Between[1]), oneWay: f.OneWay})
	case scenario.Partition:
		var cuts []*cut
		for i, a := range f.Groups {
			for _, b := range f.Groups[i+1:] {
				cuts = append(cuts, &cut{a: w.set(a), b: w.set(b)})
			}
		}
		return w.cutBetween(f, cuts...)
	case scenario.Degrade:
		return w.degrade(f)
	case scenario.Kill:
		return eachLife(hosts, (*life).kill), nil
	case scenario.PowerLoss:
		return eachHost(hosts, func(h *host) { h.lose(w) }), eachHost(hosts, func(h *host) { h.restore(w) })
	case scenario.Pause:
		return eachLife(hosts, (*life).pause), eachLife(hosts, (*life).resume)
	case scenario.Restart:
		return func() {
			for _, h := range hosts {
				w.restart(h, f.Reset, f.Down.D())
			}
		}, nil
	case scenario.RollingRestart:
		for i, h := range hosts {
			w.at(w.begin+f.At.D()+time.Duration(i)*f.Every.D(), nil, func(w *world, _ any) { w.restart(h, f.Reset, f.Down.D()) }, nil)
		}
	case scenario.Churn:
		return func() { w.churn(f, w.begin+w.s.End(f)) }, nil
	case scenario.Slow:
		return eachHost(hosts, func(h *host) { h.down = 8e9 / float64(*f.Bandwidth) }), eachHost(hosts, func(h *host) { h.down = h.full })
	}
	return nil, nil
}

func eachLife(hosts []*host, do func(*life)) func() {
	return eachHost(hosts, func(h *host) {
		if h.life != nil {
			do(h.life)
		}
	})
}

func eachHost(hosts []*host, do func(*host)) func() {
	return func() {
		for _, h := range hosts {
			do(h)
		}
	}
}

func (w *world) selected(of ...scenario.Selector) []*host {
	var hosts []*host
	nodes, _ := w.s.Select(of...) // the scenario was checked
	for _, n := range nodes {
		hosts = append(hosts, w.hosts[n])
	}
	return hosts
}

func (w *world) set(of scenario.Selector) map[int]bool {
	set := map[int]bool{}
	for _, h := range w.selected(of) {
		set[h.node] = true
	}
	return set
}

func (w *world) cutBetween(f scenario.Fault, cuts ...*cut) (begin, end func()) {
	begin = func() {
		for _, c := range cuts {
			c.since = w.now
		}
		w.paths.cuts = append(w.paths.cuts, cuts...)
		w.checkConns(f.Reset)
	}
	end = func() {
		for _, c := range cuts {
			w.paths.cuts = drop(w.paths.cuts, c)
		}
		w.healed = w.now
		w.checkConns(false)
	}
	return begin, end
}

func (w *world) checkConns(reset bool) {
	for _, c := range append([]*conn(nil), w.conns...) {
		c.check(reset)
	}
	w.touchTopics()
}

func (w *world) degrade(f scenario.Fault) (begin, end func()) {
	d := &degraded{to: f.Network, cut: cut{oneWay: f.OneWay}}
	if len(f.Nodes) > 0 {
		d.a = map[int]bool{}
		for _, h := range w.selected(f.Nodes...) {
			d.a[h.node] = true
		}
	} else {
		d.a, d.b = w.set(f.Between[0]), w.set(f.Between[1])
	}
	begin = func() {
		d.since = w.now
		w.paths.degraded = append(w.paths.degraded, d)
		w.checkConns(false)
	}
	end = func() {
		w.paths.degraded = drop(w.paths.degraded, d)
		if d.swallows() {
			w.healed = w.now
		}
		w.checkConns(false)
	}
	return begin, end
}

// restart ends what runs on a host and starts it anew some time after it has ended.
func (w *world) restart(h *host, kill bool, down time.Duration) {
	l := h.life
	if l == nil {
		return
	}
	if kill {
		l.kill()
	} else {
		l.leave()
	}
	w.comeBack(h, l, down)
}

// comeBack starts a host anew when its present process has been gone for a time.
func (w *world) comeBack(h *host, l *life, down time.Duration) {
	w.after(100*time.Millisecond, nil, func(w *world, _ any) {
		if !l.ended {
			w.comeBack(h, l, down)
			return
		}
		w.at(l.endedAt+down, nil, startHost, h)
	}, nil)
}

// churn kills a random node now and then, and another process takes its place.
func (w *world) churn(f scenario.Fault, until time.Duration) {
	if w.now >= until {
		return
	}
	hosts := w.selected(f.Nodes...)
	h := hosts[w.rand.IntN(len(hosts))]
	w.restart(h, true, f.Down.D())
	w.after(f.Every.D(), nil, func(w *world, _ any) { w.churn(f, until) }, nil)
}
