package virtual

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/simulations/account"
	"github.com/signalmesh/signalmesh/simulations/load"
	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// A world is one run.
type world struct {
	s     *scenario.Scenario
	plan  *load.Plan
	book  *account.Book
	rand  *rand.Rand // of the network
	queue queue
	now   time.Duration // since the start; the load begins at begin
	begin time.Duration

	hosts   []*host // by node
	lives   []*life // by their number in book
	byPeer  map[core.Peer]*life
	topics  []*topic // by application
	wanters []map[string][]int
	conns   []*conn
	paths   paths

	spare   []*parcel // to be used again
	events  uint64
	parcels uint64 // written
	warmth  int    // so that what is read is made use of
	to      []int
	measure measure
	healed  time.Duration       // when the last cut ended; 0: none did
	resumed time.Duration       // when the last stopped process continued; 0: none did
	seedsOf func(*host) []*host // of a node; tests give others
	sent    []uint64            // bytes that left all hosts, by second since the start
	between []float64           // bytes, from region to region: a row for each that sends
	marks   [markCount][]float64
	used    []result.Path // of connections that have a limited bandwidth; indexed as between
}

// Run runs a scenario, with defaults for missing values. progress, if it is not
// nil, is called a few times in a second of wall time. The error is that of ctx, that of
// Scenario.Complete, or names a defect of the simulator and the seed that shows it.
func Run(ctx context.Context, s scenario.Scenario, progress func(result.Progress)) (r result.Result, err error) {
	s, err = s.Complete()
	if err != nil {
		return r, err
	}
	w := newWorld(&s)
	defer func() {
		if e := recover(); e != nil {
			err = w.defect(e)
		}
	}()
	return w.run(ctx, progress)
}

// defect is the error for a panic of the simulator.
func (w *world) defect(e any) error {
	return fmt.Errorf("the simulator failed at %v of virtual time with seed %d: %v; please report this with the scenario, the seed and the output of signalmesh version: it is a defect of the simulator and not of the scenario (%s)",
		w.now, w.s.Seed, e, caller())
}

// caller is the place in this module at which the panic that is being recovered happened.
func caller() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	panicked := false
	for {
		f, more := frames.Next()
		if panicked && !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		}
		panicked = panicked || f.Function == "runtime.gopanic"
		if !more {
			return "unknown place"
		}
	}
}

// run takes one event after the other until the end of the scenario.
func (w *world) run(ctx context.Context, progress func(result.Progress)) (result.Result, error) {
	began, s := time.Now(), w.s
	end := w.begin + s.Duration.D() + s.Drain.D()
	told := began
	for w.queue.pending > 0 {
		if w.events%ahead == 0 {
			w.warm()
		}
		e := w.queue.pop()
		if e.at > end {
			break
		}
		w.now = e.at
		w.events++
		w.happen(e)
		if w.events%8192 != 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return result.Result{}, err
		}
		if wall := time.Now(); progress != nil && wall.Sub(told) >= 200*time.Millisecond {
			told = wall
			progress(w.progress(end, wall.Sub(began)))
		}
	}
	w.now = end
	r := w.result()
	r.WallSeconds = time.Since(began).Seconds()
	if progress != nil {
		progress(w.progress(end, time.Since(began)))
	}
	return r, nil
}

func (w *world) progress(end, wall time.Duration) result.Progress {
	published, delivered := w.book.Counts()
	return result.Progress{Virtual: w.now, Of: end, Wall: wall, Published: published, Delivered: delivered}
}

// newWorld returns the world of a scenario, with all that is going to happen in it.
func newWorld(s *scenario.Scenario) *world {
	w := emptyWorld(s)
	for node := range s.Nodes() { // they start within a second of each other
		at := time.Duration(0)
		if node > 0 {
			at = w.upTo(time.Second)
		}
		w.at(at, nil, startHost, w.hosts[node])
	}
	for i, j := range s.Joins() {
		w.at(w.begin+j.At, nil, startHost, w.hosts[s.Nodes()+i])
	}
	w.planFaults()
	w.publishNext()
	w.planMarks()
	w.at(time.Second-1, nil, sample, nil)
	return w
}

// emptyWorld returns a world in which no host has been started.
func emptyWorld(s *scenario.Scenario) *world {
	w := &world{
		s: s, plan: load.New(s), rand: rand.New(rand.NewPCG(s.Seed, 0x5eed)),
		begin: s.Warmup.D(), byPeer: map[core.Peer]*life{},
	}
	w.book = account.New(s, func() time.Duration { return w.now - w.begin })
	w.paths = newPaths(s)
	w.between = make([]float64, len(s.Regions)*len(s.Regions))
	w.seedsOf = w.firstNodes
	for node := range s.Nodes() + len(s.Joins()) {
		rate := 8e9 / float64(s.NodeBandwidth(node)) // ns a byte
		w.hosts = append(w.hosts, &host{node: node, region: s.RegionOf(node), up: line{perB: rate}, down: rate, full: rate, Server: result.Server{Name: account.Name(node)}})
	}
	for i := range s.Applications {
		w.topics = append(w.topics, newTopic(w, i))
		w.wanters = append(w.wanters, map[string][]int{})
		for _, node := range w.plan.Members(i) {
			for _, c := range w.plan.Channels(i, node) {
				w.wanters[i][c] = append(w.wanters[i][c], node)
			}
		}
	}
	return w
}

// at makes an event of something that happens to of, or to the world.
func (w *world) at(when time.Duration, of *life, do func(*world, any), arg any) {
	w.queue.push(event{at: max(when, w.now), of: of, do: do, arg: arg})
}

// after is the same, some time from now.
func (w *world) after(d time.Duration, of *life, do func(*world, any), arg any) {
	w.at(w.now+d, of, do, arg)
}

// happen lets an event happen. Nothing happens to a process that has ended, and what
// happens to one that is stopped waits for it.
func (w *world) happen(e event) {
	switch {
	case e.of == nil:
	case e.of.ended:
		return
	case e.of.paused:
		e.of.backlog = append(e.of.backlog, e)
		return
	}
	e.do(w, e.arg)
}

// upTo is a random time below limit.
func (w *world) upTo(limit time.Duration) time.Duration {
	if limit <= 0 {
		return 0
	}
	return time.Duration(w.rand.Int64N(int64(limit)))
}

// publishNext makes the event of the next message of the plan.
func (w *world) publishNext() {
	if m, ok := w.plan.Next(); ok {
		w.at(w.begin+m.At, nil, publish, m)
	}
}

func publish(w *world, arg any) {
	m := arg.(load.Message)
	w.publishNext()
	l := w.hosts[m.Node].life
	if l == nil || l.leaving || l.paused || l.seats[m.App] == nil {
		w.book.Unpublished(m)
		return
	}
	s := l.seats[m.App]
	s.unpublished = append(s.unpublished, m)
	if len(s.unpublished) == 1 {
		s.publish()
		s.flush()
	}
}

// sample ends a virtual second.
func sample(w *world, _ any) {
	r := result.Sample{Members: -1}
	if second := int(w.now / time.Second); second < len(w.sent) {
		r.SentBytes = w.sent[second]
	}
	ends := 0
	for _, h := range w.hosts {
		if h.life == nil {
			continue
		}
		r.Living++
		window := uint64(0)
		for _, s := range h.life.seats {
			if s == nil {
				continue
			}
			ends += s.linked
			window += uint64(s.core.WindowBytes())
			if r.Members < 0 || s.servers < r.Members {
				r.Members = s.servers
			}
		}
		r.WindowBytes += window
		h.WindowPeakBytes = max(h.WindowPeakBytes, window)
	}
	w.countKeepAlives()
	r.Links, r.Members = ends/2, max(0, r.Members)
	w.book.Sample(r)
	w.after(time.Second, nil, sample, nil)
}

// countKeepAlives counts what connections send in a second to see that the other side is
// there: a side that has received nothing for keepAliveEvery asks, and is answered.
func (w *world) countKeepAlives() {
	const packets = 2*(12+18+segmentHeader) + 2*segmentHeader // a question, an answer, and their acknowledgements
	bytes := int(packets / keepAliveEvery.Seconds())
	for _, c := range w.conns {
		for i, l := range c.ends {
			if !l.ended && c.pipes[1-i].last < w.now-keepAliveEvery {
				l.host.owe(bytes)
				w.traffic(l.host, c.ends[1-i].host, bytes)
				l.host.ReceivedBytes += w.counted(bytes)
			}
		}
	}
}
