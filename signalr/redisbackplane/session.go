package redisbackplane

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// Bounds of the pause before Redis is dialled again.
const (
	shortestPause = 50 * time.Millisecond
	longestPause  = 2 * time.Second
)

// connected keeps a session until Close.
func (b *Backplane) connected() {
	pause, before := shortestPause, false
	for {
		lasted, err := b.session(before)
		if b.ctx.Err() != nil {
			return
		}
		if lasted {
			before, pause = true, shortestPause
			b.metrics.interruptions.Inc()
			b.log.Error("connection to Redis lost: what others publish meanwhile is lost", "err", err)
		} else {
			b.log.Debug("Redis not reached", "err", err)
		}
		select {
		// Servers that lost Redis at the same time do not all come back at once.
		case <-time.After(pause/2 + rand.N(pause)):
		case <-b.ctx.Done():
			return
		}
		pause = min(2*pause, longestPause)
	}
}

// session subscribes on a connection of its own until that ends. It lasted if all
// that was wanted at its start was subscribed to.
func (b *Backplane) session(again bool) (lasted bool, err error) {
	connection, release := b.client.Dedicate()
	defer release()
	defer connection.Close()
	ended := connection.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: b.take})
	if err := connection.Do(b.ctx, connection.B().Ping().Build()).Error(); err != nil {
		return false, err
	}
	if again { // before the first message after the gap
		b.log.Info("connection to Redis restored")
		b.tellGaps()
	}
	b.wants.restart()
	if err := b.synchronize(connection); err != nil {
		return false, err
	}
	b.setUp()
	defer b.setDown()
	for {
		select {
		case <-b.wants.news:
			if err := b.synchronize(connection); err != nil {
				return true, err
			}
		case err := <-ended:
			return true, err
		case <-b.ctx.Done():
			return true, nil
		}
	}
}

// synchronize tells Redis what is wanted until it has confirmed all of it.
func (b *Backplane) synchronize(connection rueidis.DedicatedClient) error {
	for {
		subscribe, unsubscribe := b.wants.next()
		if len(subscribe) > 0 {
			if err := connection.Do(b.ctx, connection.B().Subscribe().Channel(subscribe...).Build()).Error(); err != nil {
				return fmt.Errorf("subscribe: %w", err)
			}
			b.wants.subscribedTo(subscribe)
		}
		if len(unsubscribe) > 0 {
			if err := connection.Do(b.ctx, connection.B().Unsubscribe().Channel(unsubscribe...).Build()).Error(); err != nil {
				return fmt.Errorf("unsubscribe: %w", err)
			}
			b.wants.unsubscribedFrom(unsubscribe)
		}
		if len(subscribe)+len(unsubscribe) == 0 {
			return nil
		}
	}
}

func (b *Backplane) setUp() {
	b.roster.refresh(time.Now())
	b.metrics.connected.Set(1)
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.up)
}

func (b *Backplane) setDown() {
	b.metrics.connected.Set(0)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.up = make(chan struct{})
}

// take delivers a message. It is called for one at a time.
func (b *Backplane) take(m rueidis.PubSubMessage) {
	data, from := unstamped([]byte(m.Message))
	if from == b.self {
		return // Redis echoes
	}
	channel := strings.TrimPrefix(m.Channel, b.o.ChannelPrefix)
	if channel == presenceChannel {
		b.heard(from, data)
		return
	}
	if from == Foreign {
		b.roster.met(Foreign)
	}
	if !b.attached(func(r Receiver) { r.Receive(from, channel, data) }) {
		b.metrics.unattended.Inc()
	}
}

// tellGaps says that messages of every server that is known may be lost.
func (b *Backplane) tellGaps() {
	for _, server := range b.roster.servers() {
		b.attached(func(r Receiver) { r.Gap(server, 0) })
	}
}

// Subscribe returns once Redis has confirmed the subscription: from then on what any
// server publishes arrives. If Redis does not within OutageTimeout, that is logged
// and counted; the channel is subscribed when Redis is back.
func (b *Backplane) Subscribe(ctx context.Context, channel string) error {
	if len(channel) > b.o.MaxMessage {
		return fmt.Errorf("%w: channel name of %d bytes, limit %d", ErrTooLarge, len(channel), b.o.MaxMessage)
	}
	if b.isClosing() {
		return ErrClosed
	}
	confirmed := b.wants.set(b.o.ChannelPrefix+channel, true)
	if confirmed == nil {
		return nil
	}
	timeout := time.NewTimer(b.o.OutageTimeout)
	defer timeout.Stop()
	select {
	case <-confirmed:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("subscribe to channel %.64q: %w", channel, ctx.Err())
	case <-b.closing:
		return ErrClosed
	case <-timeout.C:
		b.metrics.unconfirmed.Inc()
		b.log.Warn("subscription not confirmed in time", "channel", channel)
		return nil
	}
}

// Unsubscribe ends a subscription. Messages on their way may still arrive.
func (b *Backplane) Unsubscribe(channel string) { b.wants.set(b.o.ChannelPrefix+channel, false) }
