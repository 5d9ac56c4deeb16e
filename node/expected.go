package node

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/signalmesh/signalmesh/discovery"
	"github.com/signalmesh/signalmesh/mesh"
)

const (
	// expectEvery is how often missing listed servers are dialled.
	expectEvery = 15 * time.Second
	// ownEvery is how often an address that belonged to this node is dialled again, since
	// virtual addresses move.
	ownEvery = 5 * time.Minute
	// expectDials is the largest number of concurrent dials.
	expectDials = 8
	// defaultExpectAfter is how long expected servers may take to start.
	defaultExpectAfter = 30 * time.Second
)

// expected watches the servers that the application should have: a number of servers
// (Options.ExpectServers), and the servers that client.ncconf lists.
//
//	starting ---- all were found, or Options.ExpectAfter has passed ---> settled
//
// While it is starting, it reports no server as missing. One goroutine owns it.
type expected struct {
	topic   *mesh.Topic
	dial    dialFunc
	log     *slog.Logger
	servers int
	listed  []*listed
	settled bool
	short   bool // fewer servers are alive than Options.ExpectServers
}

// newExpected returns an expected for a number of servers and the listed ones. Load
// balancers are left out.
func newExpected(servers int, seeds []discovery.Seed) *expected {
	e := &expected{servers: servers}
	for _, s := range seeds {
		if s.Balanced == 0 {
			e.listed = append(e.listed, &listed{name: s.String(), addrs: slices.Clone(s.Addrs)})
		}
	}
	return e
}

// openExpected starts to watch if any server is expected.
func (n *Node) openExpected() error {
	e := newExpected(n.o.ExpectServers, n.settings.listed)
	if e.servers == 0 && len(e.listed) == 0 {
		return nil
	}
	e.topic, e.dial, e.log = n.topic, n.mesh.Dial, n.log
	n.background(func(ctx context.Context) { e.run(ctx, n.Ready(), n.o.ExpectAfter) })
	return nil
}

// run watches until ctx ends. It starts when the node is ready.
func (e *expected) run(ctx context.Context, ready <-chan struct{}, after time.Duration) {
	select {
	case <-ready:
	case <-ctx.Done():
		return
	}
	patience := time.NewTimer(after)
	defer patience.Stop()
	for ctx.Err() == nil {
		_, changed := e.topic.Watch()
		e.look(ctx)
		select {
		case <-changed:
		case <-time.After(expectEvery):
		case <-patience.C:
			e.settled = true
		case <-ctx.Done():
		}
	}
}

// look looks for the servers and reports the missing ones to the topic.
func (e *expected) look(ctx context.Context) {
	missing := e.absent(ctx)
	if ctx.Err() != nil {
		return
	}
	if !e.settled {
		if e.settled = len(missing) == 0 && e.topic.Alive()+1 >= e.servers; !e.settled {
			return
		}
	}
	e.topic.Expect(e.servers, missing)
	for _, l := range e.listed {
		l.report(e.log, slices.ContainsFunc(missing, func(m mesh.Missing) bool { return m.Name == l.name }))
	}
	e.reportShort()
}

// reportShort logs the change if the number of servers falls below the expected number or
// reaches it.
func (e *expected) reportShort() {
	c := e.topic.Condition()
	short := e.servers > 0 && 1+c.Servers+len(c.Silent) < e.servers
	switch {
	case short && !e.short:
		e.log.Warn("expected servers are missing; start them, or correct --expect-servers", "servers", 1+c.Servers, "expected", e.servers)
	case !short && e.short:
		e.log.Info("all expected servers are alive", "servers", 1+c.Servers, "expected", e.servers)
	}
	e.short = short
}

// absent returns the listed servers that were not found. A listed server that failed is
// not among them, since the topic lists it by its name.
func (e *expected) absent(ctx context.Context) (missing []mesh.Missing) {
	members := e.topic.Members()
	var unknown []*listed
	for _, l := range e.listed {
		if !l.is(members) && !(l.self && time.Now().Before(l.again)) {
			unknown = append(unknown, l)
		}
	}
	e.dialAll(ctx, unknown)
	for _, l := range unknown {
		if l.reason != "" {
			missing = append(missing, mesh.Missing{Name: l.name, Reason: l.reason})
		}
	}
	return missing
}

// dialAll dials the servers for which it is time.
func (e *expected) dialAll(ctx context.Context, servers []*listed) {
	turns := make(chan struct{}, expectDials)
	var dials sync.WaitGroup
	for _, l := range servers {
		if time.Now().Before(l.again) {
			continue
		}
		turns <- struct{}{}
		dials.Go(func() {
			defer func() { <-turns }()
			l.look(ctx, e.dial)
			l.again = time.Now().Add(expectEvery - time.Second)
			if l.self {
				l.again = time.Now().Add(ownEvery)
			}
		})
	}
	dials.Wait()
}
