package mesh

import (
	"context"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// Subscribe returns once every live server will send us what it publishes to
// channel. One that does not confirm within ConfirmTimeout is logged and counted.
func (t *Topic) Subscribe(ctx context.Context, channel string) error {
	confirm, err := t.Announce(channel)
	if err != nil {
		return err
	}
	return confirm(ctx)
}

// Announce subscribes to any number of channels and does not wait for the others.
// Confirm does, once for all of them, and for all that was announced before, as
// Subscribe waits for one; it may be called once. With an error some of the channels
// may be subscribed.
func (t *Topic) Announce(channels ...string) (confirm func(context.Context) error, err error) {
	for _, c := range channels {
		if len(c) > frame.MaxChannel {
			return nil, fmt.Errorf("%w: channel name of %d bytes, limit %d", ErrTooLarge, len(c), frame.MaxChannel)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closing {
		return nil, ErrClosed
	}
	now := t.mesh.now()
	for _, c := range channels {
		if err := t.core.Want(now, c); err != nil {
			return nil, err
		}
	}
	ticket := t.core.Await()
	if ticket == 0 {
		return func(context.Context) error { return nil }, nil
	}
	confirmed := make(chan struct{})
	t.tickets[ticket] = confirmed
	return func(ctx context.Context) error { return t.confirm(ctx, ticket, confirmed, channels) }, nil
}

// confirm waits for a ticket.
func (t *Topic) confirm(ctx context.Context, ticket uint64, confirmed <-chan struct{}, channels []string) error {
	timeout := time.NewTimer(t.mesh.o.ConfirmTimeout)
	defer timeout.Stop()
	first := append(channels, "")[0]
	select {
	case <-confirmed:
		return nil
	case <-t.ctx.Done():
		return ErrClosed
	case <-ctx.Done():
		t.abandon(ticket)
		return fmt.Errorf("subscribe to channel %.64q: %w", first, ctx.Err())
	case <-timeout.C:
		t.count.unconfirmed.Add(1)
		t.log.Warn("subscription not confirmed in time", "channel", first, "channels", len(channels), "servers", t.abandon(ticket))
		return nil
	}
}

// Listed returns the channels with core.ListedPrefix that other servers are
// subscribed to, and the version of that list.
func (t *Topic) Listed() (channels []string, version uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.core.Listed()
}

// ListedVersion changes with what Listed returns. It is cheap to ask.
func (t *Topic) ListedVersion() uint64 { return t.core.ListedVersion() }

// Broadcasts returns the channels with core.BroadcastSuffix that other servers are
// subscribed to, and the peer IDs of those servers. Servers that are gone are left out.
func (t *Topic) Broadcasts() map[string][]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := map[string][]string{}
	for channel, peers := range t.core.Broadcasts() {
		for _, p := range peers {
			found[channel] = append(found[channel], peer.ID(p).String())
		}
	}
	return found
}

// Channels returns every channel that other servers are subscribed to.
func (t *Topic) Channels() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.core.Channels()
}

// Follow tells f every channel that other servers are subscribed to, and then each
// that the first of them subscribes to or the last one does not any more, until stop
// is called. What a server subscribes to is told before what it publishes after that
// is received. f must only take note, and not call the Topic. There is one follower:
// a second takes the first one's place.
func (t *Topic) Follow(f func(channel string, wanted bool)) (stop func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.core.Follow(f)
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.core.Follow(nil)
	}
}
