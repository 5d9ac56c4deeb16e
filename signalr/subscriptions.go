package signalr

import (
	"context"
	"sync"
)

// A route says what a channel of the backplane is for.
type route struct {
	hub  *Hub
	kind routeKind
	name string // of the connection, group or user
}

type routeKind uint8

const (
	routeAll routeKind = iota
	routeConnection
	routeGroup
	routeUser
	routeCommands
	routeAcks
	routeReturns
	routeControl
	routeControlReplies
)

// subscriptions count, for each channel of the backplane, who here needs it. The
// first one's need subscribes, the end of the last one's unsubscribes.
//
// At most one call to the backplane is under way for each channel, and no lock
// is held meanwhile: who comes during it waits for its end and then looks again.
// So calls for a channel never overtake each other, and whoever acquired a
// channel has seen a subscription that was confirmed after the last
// unsubscription.
type subscriptions struct {
	backplane Backplane // nil: there is nothing to subscribe to

	mu       sync.RWMutex
	channels map[string]*subscription
}

type subscription struct {
	route     route
	needs     int
	confirmed bool          // Subscribe has succeeded
	busy      chan struct{} // closed at the end of the call under way; nil: none
}

func newSubscriptions(b Backplane) *subscriptions {
	return &subscriptions{backplane: b, channels: make(map[string]*subscription)}
}

// acquire needs channel, and returns when it is subscribed. If that fails
// nothing is needed.
func (s *subscriptions) acquire(ctx context.Context, channel string, r route) error {
	if s.backplane == nil {
		return nil
	}
	s.mu.Lock()
	sub := s.channels[channel]
	if sub == nil {
		sub = &subscription{route: r}
		s.channels[channel] = sub
	}
	sub.needs++
	for !sub.confirmed {
		if err := s.step(ctx, channel, sub); err != nil {
			s.mu.Unlock()
			s.release(channel)
			return err
		}
	}
	s.mu.Unlock()
	return nil
}

// step waits for the call under way, or else makes one that subscribes. The
// caller holds mu, and does so again afterwards.
func (s *subscriptions) step(ctx context.Context, channel string, sub *subscription) error {
	if busy := sub.busy; busy != nil {
		s.mu.Unlock()
		defer s.mu.Lock()
		select {
		case <-busy:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	sub.busy = make(chan struct{})
	s.mu.Unlock()
	err := s.backplane.Subscribe(ctx, channel)
	s.mu.Lock()
	close(sub.busy)
	sub.busy = nil
	sub.confirmed = err == nil
	return err
}

// release ends a need that acquire began. It does not wait.
func (s *subscriptions) release(channel string) {
	if s.backplane == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := s.channels[channel]
	if sub.needs--; sub.needs > 0 || sub.busy != nil {
		return // if it is busy with unsubscribing, that ends below
	}
	sub.confirmed = false
	sub.busy = make(chan struct{})
	s.mu.Unlock()
	s.backplane.Unsubscribe(channel)
	s.mu.Lock()
	close(sub.busy)
	sub.busy = nil
	if sub.needs == 0 {
		delete(s.channels, channel)
	}
}

// route says what channel is for. ok is false if nobody here needs it.
func (s *subscriptions) route(channel string) (r route, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	sub := s.channels[channel]
	if sub == nil {
		return route{}, false
	}
	return sub.route, true
}
