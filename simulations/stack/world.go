package stack

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/simulations/account"
	"github.com/signalmesh/signalmesh/simulations/load"
	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
	"github.com/signalmesh/signalmesh/simulations/stack/vnet"
)

// A world is one run.
type world struct {
	s        *scenario.Scenario
	plan     *load.Plan
	net      *vnet.Network
	verified *verified
	paths    *paths
	begin    time.Time // of the load
	done     chan struct{}
	work     sync.WaitGroup

	mu      sync.Mutex // guards what follows; held for no longer than an instant
	book    *account.Book
	lives   []*life        // by node; nil where none is
	all     []*life        // that ever were, in their order
	numbers map[string]int // in the account, by peer ID
	paused  map[int]bool   // nodes
	err     error
	tally   tally
}

// simulate runs a complete scenario. It must be called in a bubble of
// testing/synctest, where it leaves nothing behind.
func simulate(s scenario.Scenario, tell func(result.Progress)) (result.Result, error) {
	w := &world{
		s: &s, plan: load.New(&s), paths: newPaths(&s), verified: newVerified(), done: make(chan struct{}),
		lives: make([]*life, s.Nodes()+len(s.Joins())), numbers: map[string]int{}, paused: map[int]bool{},
	}
	w.book = account.New(&s, w.now)
	w.net = vnet.New(rand.NewPCG(s.Seed, 0x7ace), w.paths.between)
	w.begin = time.Now().Add(s.Warmup.D())
	w.net.Measure(w.begin, s.Duration.D(), len(s.Regions))
	late := rand.New(rand.NewPCG(s.Seed, 0x1a7e))
	for node := range s.Nodes() { // they start within a second of each other
		at := time.Duration(0)
		if node > 0 {
			at = time.Duration(late.Int64N(int64(time.Second)))
		}
		w.work.Go(func() {
			if w.sleepUntil(at - s.Warmup.D()) {
				w.fail(w.start(node))
			}
		})
	}
	w.work.Go(func() { w.sample(tell) })
	w.work.Go(w.publishAll)
	for i := range s.Faults {
		w.work.Go(func() { w.fault(i, &s.Faults[i]) })
	}
	w.sleepUntil(s.Duration.D() + s.Drain.D())
	r := w.settle()
	w.close()
	return r, w.err
}

// fail notes why the run is worth nothing.
func (w *world) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = errors.Join(w.err, err)
}

// now is the time since the load began.
func (w *world) now() time.Duration { return time.Since(w.begin) }

// sleepUntil returns at a time of the load, or false if the run is over before.
func (w *world) sleepUntil(at time.Duration) bool { return w.sleep(at - w.now()) }

func (w *world) sleep(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-w.done:
		return false
	}
}

// close ends everything that was started.
func (w *world) close() {
	close(w.done)
	w.mu.Lock()
	all := slices.Clone(w.all)
	w.mu.Unlock()
	for _, l := range all {
		w.work.Go(l.stop)
	}
	w.work.Wait()
	w.net.Close()
}

// publishAll publishes what the plan says, when it says.
func (w *world) publishAll() {
	for {
		m, ok := w.plan.Next()
		if !ok || !w.sleepUntil(m.At) {
			return
		}
		w.publish(m)
	}
}

// atOnce is a context for publishing without waiting for room: whether there is
// back-pressure is what the account wants to know.
var atOnce = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

func (w *world) publish(m load.Message) {
	w.mu.Lock()
	defer w.mu.Unlock() // so that what arrives at once is entered after this
	l := w.lives[m.Node]
	if l == nil || w.paused[m.Node] {
		w.book.Unpublished(m)
		return
	}
	to := w.receivers(l, m)
	if _, err := l.topics[m.App].Publish(atOnce, m.Channel, m.Payload()); err != nil {
		w.book.Refused(m)
		return
	}
	w.book.Published(m, l.number, to, w.plan.Wanters(m.App, m.Channel))
}

// receivers are the lives that l knows and that listen to m.
func (w *world) receivers(l *life, m load.Message) (to []int) {
	for _, member := range l.topics[m.App].Members() {
		if n, ok := w.numbers[member.Peer]; ok && !member.Dead && slices.Contains(w.plan.Channels(m.App, w.all[n].node), m.Channel) {
			to = append(to, n)
		}
	}
	return to
}

func (w *world) delivered(to *life, from string, data []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.book.Delivered(account.Delivery{ID: load.ID(data), To: to.number, From: w.numbers[from], At: w.now()})
}

func (w *world) lost(to *life, from string, records uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.book.Lost(to.number, w.numbers[from], records)
}

// watchContact tells the applications of l when its seeds have been dialled, and waits
// until it is ready.
func (w *world) watchContact(l *life) {
	if l.loop == nil {
		return
	}
	wait := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		case <-l.ended:
		case <-w.done:
		}
		return false
	}
	if !wait(l.loop.FirstRound()) {
		return
	}
	for _, t := range l.topics {
		if t != nil {
			t.ContactEnded()
		}
	}
	for _, t := range l.topics {
		if t != nil && !wait(t.Joined()) {
			return
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.book.Ready(l.number, time.Since(l.started))
}

// watchJoin waits until l knows every other server of its first application.
func (w *world) watchJoin(l *life) {
	app := slices.IndexFunc(l.topics, func(t *mesh.Topic) bool { return t != nil })
	if app < 0 {
		return
	}
	for {
		alive, changed := l.topics[app].Watch()
		if alive >= w.living(app)-1 {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.book.Joined(time.Since(l.started))
			return
		}
		select {
		case <-changed:
		case <-l.ended:
			return
		case <-w.done:
			return
		}
	}
}

// living says how many processes of an application live.
func (w *world) living(app int) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lives {
		if l != nil && l.topics[app] != nil {
			n++
		}
	}
	return n
}

// memory is what the process has taken from the system, in bytes.
func memory() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Sys
}
