package bridge

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

// Bounds of the pause before Redis is dialled again.
const (
	shortestPause = 50 * time.Millisecond
	longestPause  = 2 * time.Second
)

// A State is what a node has to do with the old Redis.
type State string

// The states of a node.
const (
	Off         State = "off"         // it was given none
	Unreachable State = "unreachable" // Redis does not answer, or refuses
	Standby     State = "standby"     // another node bridges, or is about to
	Bridging    State = "bridging"
)

// A Status says how a Bridge is.
type Status struct {
	Redis         string    `json:"redis,omitempty"` // host and port
	State         State     `json:"state"`
	Since         time.Time `json:"since"`
	Subscriptions int       `json:"subscriptions"` // in the old Redis
}

// Status says how the bridge is.
func (b *Bridge) Status() Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Status{State: b.state, Since: b.since}
	if b.o.Redis != "" {
		s.Redis = b.address.String()
	}
	if b.session != nil {
		s.Subscriptions = b.session.wants.subscriptions()
	}
	return s
}

// enter notes a state and reports whether it is another one.
func (b *Bridge) enter(s State) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == s {
		return false
	}
	b.state, b.since = s, time.Now()
	return true
}

// run waits for its turn to bridge, and bridges, until Close.
func (b *Bridge) run() {
	for pause := shortestPause; ; {
		began := time.Now()
		reached, err := b.attempt()
		if b.serving.Err() != nil {
			return
		}
		if time.Since(began) > longestPause {
			pause = shortestPause
		}
		if !reached {
			b.enter(Unreachable)
		}
		if !reached && !b.away {
			b.away = true
			b.log.Warn("bridge: the old Redis is not reached; the mesh goes on without it", "err", err)
		}
		select {
		case <-time.After(pause/2 + mathrand.N(pause)):
		case <-b.serving.Done():
			return
		}
		pause = min(2*pause, longestPause)
	}
}

// attempt connects, waits for the lease, and bridges until something ends it. It
// reached Redis if that let it ask for the lease.
func (b *Bridge) attempt() (reached bool, err error) {
	client, err := rueidis.NewClient(b.address.client("signalmesh-bridge"))
	if err != nil {
		return false, fmt.Errorf("connect: %w; start it, or correct its address and credentials", err)
	}
	defer client.Close()
	l := &lease{client: client, key: "signalmesh:bridge:" + b.o.Application, value: b.plane.Self() + " " + rand.Text()}
	again := time.NewTicker(askEvery)
	defer again.Stop()
	for {
		ours, err := l.try(b.serving)
		if err != nil {
			return reached, err
		}
		if b.away {
			b.log.Info("bridge: the old Redis is reached again")
			b.away = false
		}
		reached = true
		if ours {
			return true, b.bridge(client, l)
		}
		b.enter(Standby)
		select {
		case <-again.C:
		case <-b.free:
		case <-b.serving.Done():
			return true, nil
		}
	}
}

// lastTime is how long what came from Redis may still take to the mesh, and giving
// back the lease, when this node ceases to bridge.
const lastTime = time.Second

// bridge bridges while it holds the lease, and gives it back.
func (b *Bridge) bridge(client rueidis.Client, l *lease) error {
	connection, release := client.Dedicate()
	defer release()
	ctx, end := context.WithCancelCause(b.ctx)
	defer end(nil)
	s := newSession(b, connection, l)
	var keeping, forwarding sync.WaitGroup
	keeping.Go(func() {
		if err := l.keep(ctx); ctx.Err() == nil {
			end(err)
		}
	})
	forwarding.Go(func() { s.forward(ctx) })
	err := s.serve(ctx)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if b.serving.Err() == nil {
		b.metrics.interruptions.Inc()
		b.log.Warn("bridge: this node does not bridge any more; until one does, messages do not cross", "err", err)
	}
	connection.Close()
	s.heard.close()
	late := time.AfterFunc(lastTime, func() { end(nil) })
	defer late.Stop()
	forwarding.Wait()
	end(nil)
	keeping.Wait()
	b.giveBack(l)
	return err
}

// giveBack gives the lease back and tells those that wait for it.
func (b *Bridge) giveBack(l *lease) {
	ctx, cancel := context.WithTimeout(b.ctx, lastTime)
	defer cancel()
	if err := l.release(ctx); err != nil {
		b.log.Debug("bridge: lease not given back; it expires", "err", err)
		return
	}
	_, _ = b.plane.Publish(ctx, freeChannel, nil) // else they find out by themselves
}

// bridging is the session if this node bridges, else nil.
func (b *Bridge) bridging() *session {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state != Bridging {
		return nil
	}
	return b.session
}
