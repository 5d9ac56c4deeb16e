package stack

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/signalmesh/signalmesh/simulations/scenario"
	"github.com/signalmesh/signalmesh/simulations/stack/vnet"
)

// fault does what the ith fault of the scenario says, and ends with it.
func (w *world) fault(i int, f *scenario.Fault) {
	if !w.sleepUntil(f.At.D()) {
		return
	}
	switch f.Do {
	case scenario.Cut:
		a, b := w.selected(f.Between[0]), w.selected(f.Between[1])
		w.cut(f, func(x, y int) bool { return a[x] && b[y] || !f.OneWay && a[y] && b[x] })
	case scenario.Partition:
		side := w.sides(f.Groups)
		w.cut(f, func(x, y int) bool { return side[x] != side[y] && side[x] > 0 && side[y] > 0 })
	case scenario.Degrade:
		w.change(f, &pathFault{w.degraded(f), degrade(w.s.Seed, f.Network)})
	case scenario.Kill:
		w.each(f, func(node int) { w.down(node, true) })
	case scenario.PowerLoss:
		w.each(f, func(node int) { w.powerLoss(node, f) })
	case scenario.Pause:
		w.each(f, func(node int) { w.pause(node, f.For.D()) })
	case scenario.Restart:
		w.each(f, func(node int) { w.restart(node, f) })
	case scenario.RollingRestart:
		w.rollingRestart(f)
	case scenario.JoinAct:
		w.joinLate(i)
	case scenario.Churn:
		w.churn(i, f)
	case scenario.Slow:
		w.each(f, func(node int) { w.slow(node, f) })
	case scenario.FloodAct: // is part of the load
	}
}

// last sleeps for as long as a fault lasts.
func (w *world) last(d scenario.Duration) bool {
	if d == 0 {
		<-w.done
		return false
	}
	return w.sleep(d.D())
}

func (w *world) selected(of ...scenario.Selector) map[int]bool {
	set := map[int]bool{}
	nodes, _ := w.s.Select(of...) // a complete scenario's selectors name nodes
	for _, n := range nodes {
		set[n] = true
	}
	return set
}

// sides numbers the groups from 1.
func (w *world) sides(groups []scenario.Selector) map[int]int {
	side := map[int]int{}
	for i, g := range groups {
		for n := range w.selected(g) {
			side[n] = i + 1
		}
	}
	return side
}

func (w *world) degraded(f *scenario.Fault) func(x, y int) bool {
	if len(f.Between) == 2 {
		a, b := w.selected(f.Between[0]), w.selected(f.Between[1])
		return func(x, y int) bool { return a[x] && b[y] || !f.OneWay && a[y] && b[x] }
	}
	nodes := w.selected(f.Nodes...)
	return func(x, y int) bool { return nodes[x] || nodes[y] }
}

func (w *world) cut(f *scenario.Fault, touches func(x, y int) bool) {
	if f.Reset {
		w.net.Reset(func(a, b netip.Addr) bool { return touches(nodeAt(a), nodeAt(b)) || touches(nodeAt(b), nodeAt(a)) })
	}
	w.change(f, &pathFault{touches, func(p *vnet.Path, _, _ int) { p.Cut = true }})
}

func (w *world) change(f *scenario.Fault, c *pathFault) {
	end := w.paths.begin(c)
	over := make(chan struct{})
	defer close(over)
	if f.Do != scenario.Degrade || f.Loss != nil && *f.Loss >= 1 {
		w.watchPairs(c.touches, over)
	}
	if w.last(f.For) {
		end()
	}
}

// each does something to the nodes of a fault, to all at once.
func (w *world) each(f *scenario.Fault, do func(node int)) {
	nodes, _ := w.s.Select(f.Nodes...)
	for _, n := range nodes {
		w.work.Go(func() { do(n) })
	}
}

// down ends the process of a node. It says whether there was one.
func (w *world) down(node int, byForce bool) bool {
	w.mu.Lock()
	l := w.lives[node]
	w.mu.Unlock()
	switch {
	case l == nil:
		return false
	case byForce:
		l.kill()
	default:
		l.stop()
	}
	return true
}

func (w *world) restart(node int, f *scenario.Fault) {
	if w.down(node, f.Reset) && w.sleep(f.Down.D()) {
		w.fail(w.start(node))
	}
}

func (w *world) rollingRestart(f *scenario.Fault) {
	nodes, _ := w.s.Select(f.Nodes...)
	for _, n := range nodes {
		w.work.Go(func() { w.restart(n, f) })
		if !w.sleep(f.Every.D()) {
			return
		}
	}
}

// churn kills a node at random now and then, and starts another life in its place.
func (w *world) churn(i int, f *scenario.Fault) {
	draw := rand.New(rand.NewPCG(w.s.Seed, uint64(i)))
	nodes, _ := w.s.Select(f.Nodes...)
	for w.now() < w.s.End(*f) {
		node := nodes[draw.IntN(len(nodes))]
		w.work.Go(func() {
			if w.down(node, true) && w.sleep(f.Down.D()) {
				w.fail(w.start(node))
			}
		})
		if !w.sleep(f.Every.D()) {
			return
		}
	}
}

func (w *world) pause(node int, length time.Duration) {
	w.mu.Lock()
	l := w.lives[node]
	w.paused[node] = true
	w.mu.Unlock()
	if l == nil {
		return
	}
	l.host.Pause(true)
	over := make(chan struct{})
	defer close(over)
	w.watchAll(l, over)
	if !w.last(scenario.Duration(length)) {
		l.host.Pause(false) // so that it can end
		return
	}
	l.host.Pause(false)
	w.mu.Lock()
	delete(w.paused, node)
	w.mu.Unlock()
}

// powerLoss ends a process with its machine, which may boot again.
func (w *world) powerLoss(node int, f *scenario.Fault) {
	w.mu.Lock()
	l := w.lives[node]
	w.mu.Unlock()
	if l == nil {
		return
	}
	l.lose()
	if w.last(f.For) {
		w.fail(w.start(node))
	}
}

func (w *world) slow(node int, f *scenario.Fault) {
	w.mu.Lock()
	l := w.lives[node]
	w.mu.Unlock()
	if l == nil {
		return
	}
	l.host.Down(float64(*f.Network.Bandwidth) / bitsPerByte)
	if w.last(f.For) {
		l.host.Down(float64(w.s.NodeBandwidth(node)) / bitsPerByte)
	}
}

// joinLate starts the nodes of the ith fault, whose numbers come after those of the
// beginning and of earlier faults.
func (w *world) joinLate(i int) {
	first := w.s.Nodes()
	for _, f := range w.s.Faults[:i] {
		if f.Do == scenario.JoinAct {
			first += f.Count
		}
	}
	for n := range w.s.Faults[i].Count {
		w.fail(w.start(first + n))
	}
}

// supported says why a scenario cannot be run: the program has no such setting.
func supported(s *scenario.Scenario) error {
	if s.Mesh.FloodPublish != nil && !*s.Mesh.FloodPublish {
		return errors.New("mesh.flood_publish: the program itself always floods its own messages of the topic; leave that out, or run without --stack")
	}
	if s.Mesh.Degree < 2 {
		return errors.New("mesh.degree: GossipSub itself takes 2 or more; write degree: 2, or run without --stack")
	}
	return nil
}
