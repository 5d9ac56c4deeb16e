//go:build linux

package main

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// maxPending is how many messages a client may have on their way to its server. One
// that does not answer gets no more.
const maxPending = 300

// A publisher has a client publish to channels of each kind, in turn: to all, to
// the group that its server's neighbours are in, and to one other server.
type publisher struct {
	life   life
	size   int // of the fleet
	client *client
	ledger *Ledger
	paused *atomic.Bool
	stop   chan struct{}
	work   sync.WaitGroup

	mu   sync.Mutex // held from the drawing of numbers to their leaving, in order
	turn int        // which other server is next; guarded by mu
}

// channels are what a life publishes to.
func channels(of life, size int) []channel {
	all := []channel{{of, "all"}, {of, "group"}}
	for i := range size {
		if i != of.server {
			all = append(all, channel{of, userName(i)})
		}
	}
	return all
}

// wants tells whether the clients of a server get what is published to c.
func wants(c channel, server, size int) bool {
	switch c.name {
	case "all":
		return server != c.from.server
	case "group":
		return inGroup(c.from.server, server, size)
	}
	return c.name == userName(server)
}

// inGroup tells whether the clients of a server are in the group of another: those
// of the next two are.
func inGroup(of, server, size int) bool {
	distance := (server - of + size) % size
	return distance == 1 || distance == 2
}

func groupName(of int) string { return "ring-" + strconv.Itoa(of) }

func userName(server int) string { return "user-" + strconv.Itoa(server) }

// run publishes rate messages of each kind in a second, until end.
func (p *publisher) run(rate int) {
	p.work.Go(func() {
		ticker := time.NewTicker(time.Second / time.Duration(rate))
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				if !p.paused.Load() && p.ledger.pending(p.life) < maxPending {
					p.round()
				}
			case <-p.client.ended:
				return
			case <-p.stop:
				return
			}
		}
	})
}

// end returns when nothing more is published.
func (p *publisher) end() {
	close(p.stop)
	p.work.Wait()
}

// burst publishes as fast as the server takes it, until the connection ends.
func (p *publisher) burst() {
	p.work.Go(func() {
		for {
			select {
			case <-p.client.ended:
				return
			default:
				p.round()
			}
		}
	})
}

// round publishes one message of each kind.
func (p *publisher) round() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.publish(channel{p.life, "all"}, "All")
	p.publish(channel{p.life, "group"}, "Group", groupName(p.life.server))
	p.turn = p.turn%(p.size-1) + 1
	user := userName((p.life.server + p.turn) % p.size)
	p.publish(channel{p.life, user}, "User", user)
}

func (p *publisher) publish(c channel, method string, to ...any) {
	n := p.ledger.begin(c)
	done := func(failure string) { p.ledger.answered(c, n, failure == "") }
	_ = p.client.invoke(done, method, append(to, c.text(n))...) // if the connection ended, its life does
}
