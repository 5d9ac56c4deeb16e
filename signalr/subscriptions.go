package signalr

import (
	"context"
	"fmt"
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
	limit     int       // of groups

	mu       sync.RWMutex
	channels map[string]*subscription
	groups   int   // bytes of the channels of groups, with channelCost for each
	full     bool  // the last new group found no room, and none has become free
	refused  error // of the backplane, for the last connection or user; nil: it took it
}

// channelCost is added to the length of a channel's name, in bytes.
const channelCost = 64

type subscription struct {
	route     route
	needs     int
	confirmed bool          // Subscribe has succeeded
	busy      chan struct{} // closed at the end of the call under way; nil: none
}

func newSubscriptions(b Backplane, limit int) *subscriptions {
	return &subscriptions{backplane: b, limit: limit, channels: make(map[string]*subscription)}
}

// enter adds a channel that is not needed yet. The caller holds mu.
func (s *subscriptions) enter(channel string, r route) (*subscription, error) {
	if r.kind == routeGroup {
		cost := len(channel) + channelCost
		if s.full = s.groups+cost > s.limit; s.full {
			return nil, fmt.Errorf("%w: the groups of this server take %d bytes on the backplane, and Options.MaxGroupBytes is %d; add servers, or raise it", ErrLimit, s.groups, s.limit)
		}
		s.groups += cost
	}
	sub := &subscription{route: r}
	s.channels[channel] = sub
	return sub, nil
}

// leave removes a channel. The caller holds mu.
func (s *subscriptions) leave(channel string, sub *subscription) {
	delete(s.channels, channel)
	if sub.route.kind == routeGroup {
		s.groups -= len(channel) + channelCost
		s.full = false
	}
}

// usedUp returns why new groups, or connections, are refused; "" if they are not.
func (s *subscriptions) usedUp() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var reasons []string
	if s.full {
		reasons = append(reasons, fmt.Sprintf("no room for more groups: they take %d bytes of %d on the backplane; add servers, or raise SignalR.MaxGroupBytes", s.groups, s.limit))
	}
	if s.refused != nil {
		reasons = append(reasons, fmt.Sprintf("new connections are refused: %v", s.refused))
	}
	return reasons
}

// outcome notes whether the backplane takes connections and users.
func (s *subscriptions) outcome(ctx context.Context, r route, err error) {
	if r.kind == routeConnection || r.kind == routeUser {
		if s.refused = err; ctx.Err() != nil { // it was the caller who gave up
			s.refused = nil
		}
	}
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
		var err error
		if sub, err = s.enter(channel, r); err != nil {
			s.mu.Unlock()
			return err
		}
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
	s.outcome(ctx, sub.route, err)
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
		s.leave(channel, sub)
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
