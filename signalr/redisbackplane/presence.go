package redisbackplane

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// presenceChannel is where servers of this package say that they live.
	presenceChannel = "signalmesh:presence"
	// heartbeat is how often they do.
	heartbeat = 3 * time.Second
	// silence is how long one is believed to live that is not heard.
	silence = 10 * time.Second
)

// What is said on presenceChannel.
const (
	hello = "hello" // I am new: answer
	here  = "here"
	bye   = "bye"
)

// live tells the others that this server lives, and finds out who does not.
func (b *Backplane) live() {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for word := hello; ; word = here {
		if b.awaitSession(b.ctx) == nil {
			b.tell(word)
			for _, server := range b.roster.silent(time.Now().Add(-silence)) {
				b.left(server)
			}
		}
		select {
		case <-beat.C:
		case <-b.roster.newcomer:
		case <-b.ctx.Done():
			return
		}
	}
}

// tell says a word to the others. If Redis is away they find out by themselves.
func (b *Backplane) tell(word string) {
	ctx, cancel := context.WithTimeout(b.ctx, heartbeat)
	defer cancel()
	if _, err := b.publish(ctx, b.o.ChannelPrefix+presenceChannel, []byte(word)); err != nil && b.ctx.Err() == nil {
		b.log.Debug("presence not told", "word", word, "err", err)
	}
}

// heard takes a word of another server.
func (b *Backplane) heard(from string, word []byte) {
	switch {
	case from == Foreign:
	case string(word) == bye:
		b.roster.forget(from)
		b.left(from)
	default:
		b.roster.heard(from, time.Now())
		if string(word) == hello {
			select {
			case b.roster.newcomer <- struct{}{}:
			default:
			}
		}
	}
}

func (b *Backplane) left(server string) {
	b.log.Info("server left", "server", server)
	b.attached(func(r Receiver) { r.Left(server) })
}

// A roster is who is known to live. It may be used concurrently.
type roster struct {
	newcomer chan struct{} // of capacity 1: somebody wants to know who is here

	mu    sync.Mutex
	known map[string]time.Time // when last heard; zero for Foreign, which does not say
}

func newRoster() *roster {
	return &roster{newcomer: make(chan struct{}, 1), known: make(map[string]time.Time)}
}

func (r *roster) heard(server string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known[server] = now
}

// met notes one that is not expected to say that it lives.
func (r *roster) met(server string) { r.heard(server, time.Time{}) }

func (r *roster) forget(server string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, server)
}

// refresh takes all as just heard: during an outage nobody could be.
func (r *roster) refresh(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for server, heard := range r.known {
		if !heard.IsZero() {
			r.known[server] = now
		}
	}
}

// silent forgets and returns those not heard since a time.
func (r *roster) silent(since time.Time) (servers []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for server, heard := range r.known {
		if !heard.IsZero() && heard.Before(since) {
			delete(r.known, server)
			servers = append(servers, server)
		}
	}
	return servers
}

func (r *roster) servers() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.known))
}
