package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/rueidis"

	"github.com/signalmesh/signalmesh/node/exchange"
)

// A session is the time in which this node bridges: a connection to Redis that both
// publishes and subscribes, and a lease. The goroutine of serve alone sends
// commands; that of the connection calls hear; forward has one of its own.
type session struct {
	b          *Bridge
	connection rueidis.DedicatedClient
	lease      *lease

	wants     *wants
	echoes    *echoes
	questions *queue[asked]
	heard     *queue[heard]

	// Of the goroutine of serve: what Redis has confirmed.
	channels map[string]struct{}
	patterns map[string]struct{}
}

// asked is a question and who asked: a server, or this one if it is empty.
type asked struct {
	from string
	question
}

func newSession(b *Bridge, c rueidis.DedicatedClient, l *lease) *session {
	return &session{
		b: b, connection: c, lease: l, wants: newWants(), echoes: newEchoes(),
		questions: newQueue[asked](b.o.Queue), heard: newQueue[heard](b.o.Queue),
		channels: map[string]struct{}{}, patterns: map[string]struct{}{},
	}
}

// take takes a question, if there is room for it and the session is not over.
func (s *session) take(from string, q question) bool {
	return s.questions.put(asked{from, q}, len(q.channel)+len(q.data))
}

// serve bridges until something fails, or until Close: then it ends in good order,
// and the error is nil.
func (s *session) serve(ctx context.Context) error {
	b := s.b
	ended := s.connection.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: s.hear})
	if err := s.connection.Do(ctx, s.connection.B().Ping().Build()).Error(); err != nil {
		return err
	}
	defer b.leave()
	defer b.follow(s)()
	if err := s.synchronize(ctx); err != nil {
		return err
	}
	b.enter(Bridging)
	b.log.Info("bridge: this node bridges between the mesh and the old Redis", "subscriptions", s.wants.subscriptions())
	if _, err := b.plane.Announce(askChannel); err != nil {
		return err
	}
	defer s.refuseAll()
	defer b.plane.Unsubscribe(askChannel)
	for {
		select {
		case <-s.wants.news:
		case <-s.questions.news:
		case err := <-ended:
			return errors.Join(errors.New("the connection to Redis ended"), err)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-b.serving.Done():
			return s.retire(ctx)
		}
		if err := s.turn(ctx); err != nil {
			return err
		}
	}
}

// follow has the session know what the mesh wants, until stop.
func (b *Bridge) follow(s *session) (stop func()) {
	b.mu.Lock()
	b.session = s
	for n := range b.own {
		s.wants.set(n, true, true)
	}
	b.mu.Unlock()
	return b.plane.Follow(func(channel string, wanted bool) {
		if n, ok := crosses(channel); ok {
			s.wants.set(n, false, wanted)
		}
	})
}

// leave ends what follow and serve began.
func (b *Bridge) leave() {
	b.enter(Standby)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.session, b.bridged = nil, time.Now()
}

// retire ends the session in good order: when every server knows that this node does
// not bridge any more, what they had asked before is done.
func (s *session) retire(ctx context.Context) error {
	s.b.plane.Unsubscribe(askChannel)
	if confirm, err := s.b.plane.Announce(); err == nil {
		ctx, cancel := context.WithTimeout(ctx, lastTime)
		defer cancel()
		_ = confirm(ctx) // who is late is told by refuseAll
	}
	s.questions.close()
	return s.turn(ctx)
}

// refuseAll answers what was asked and is not going to be answered.
func (s *session) refuseAll() {
	s.questions.close()
	rest, _ := s.questions.take()
	for _, q := range rest {
		s.b.refuse(q.from, q.question)
	}
}

// synchronize tells Redis what is wanted until it has confirmed all of it.
func (s *session) synchronize(ctx context.Context) error {
	for {
		subscribe, unsubscribe := s.wants.next()
		if len(subscribe)+len(unsubscribe) == 0 {
			return nil
		}
		c, p := split(subscribe)
		b := s.connection.B()
		if len(c) > 0 {
			if err := s.connection.Do(ctx, b.Subscribe().Channel(c...).Build()).Error(); err != nil {
				return fmt.Errorf("subscribe: %w", err)
			}
			add(s.channels, c)
		}
		if len(p) > 0 {
			if err := s.connection.Do(ctx, b.Psubscribe().Pattern(p...).Build()).Error(); err != nil {
				return fmt.Errorf("subscribe to patterns: %w", err)
			}
			add(s.patterns, p)
		}
		if c, p = split(unsubscribe); len(c) > 0 {
			if err := s.connection.Do(ctx, b.Unsubscribe().Channel(c...).Build()).Error(); err != nil {
				return fmt.Errorf("unsubscribe: %w", err)
			}
			remove(s.channels, c)
		}
		if len(p) > 0 {
			if err := s.connection.Do(ctx, b.Punsubscribe().Pattern(p...).Build()).Error(); err != nil {
				return fmt.Errorf("unsubscribe from patterns: %w", err)
			}
			remove(s.patterns, p)
		}
	}
}

func split(names []exchange.Name) (channels, patterns []string) {
	for _, n := range names {
		if n.Kind == exchange.Pattern {
			patterns = append(patterns, n.Text)
		} else {
			channels = append(channels, n.Text)
		}
	}
	return channels, patterns
}

func add(set map[string]struct{}, names []string) {
	for _, n := range names {
		set[n] = struct{}{}
	}
}

func remove(set map[string]struct{}, names []string) {
	for _, n := range names {
		delete(set, n)
	}
}
