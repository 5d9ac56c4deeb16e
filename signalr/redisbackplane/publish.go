package redisbackplane

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/rueidis"
)

// Publish offers data to every other server subscribed to channel and says how many
// those are, by Redis' count. It waits for Redis' answer. With Redis away it waits for
// its return first, at most OutageTimeout.
func (b *Backplane) Publish(ctx context.Context, channel string, data []byte) (servers int, err error) {
	if len(channel)+len(data) > b.o.MaxMessage {
		return 0, fmt.Errorf("%w: %d bytes to channel %.64q, limit %d", ErrTooLarge, len(data), channel, b.o.MaxMessage)
	}
	if !b.begin() {
		return 0, ErrClosed
	}
	defer b.publishing.Done()
	if err := b.awaitSession(ctx); err != nil {
		return 0, b.publishError(channel, err)
	}
	channel = b.o.ChannelPrefix + channel
	n, err := b.publish(ctx, channel, data)
	if err != nil {
		return 0, b.publishError(channel, err)
	}
	return b.others(channel, n), nil
}

func (b *Backplane) publish(ctx context.Context, channel string, data []byte) (subscribers int64, err error) {
	message := rueidis.BinaryString(stamped(data, b.self))
	return b.client.Do(ctx, b.client.B().Publish().Channel(channel).Message(message).Build()).AsInt64()
}

func (b *Backplane) publishError(channel string, err error) error {
	b.metrics.failed.Inc()
	return fmt.Errorf("publish to channel %.64q: %w", channel, b.explain(err))
}

// explain names what went wrong with a command.
func (b *Backplane) explain(err error) error {
	_, refused := rueidis.IsRedisErr(err)
	switch {
	case errors.Is(err, rueidis.ErrClosing) && b.isClosing():
		return ErrClosed
	case refused, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, ErrClosed), errors.Is(err, ErrUnavailable):
		return err
	}
	return fmt.Errorf("%w: %w; start it, or mend the way to it", ErrUnavailable, err)
}

// Subscribers says how many other servers are subscribed to channel.
func (b *Backplane) Subscribers(ctx context.Context, channel string) (servers int, err error) {
	if !b.begin() {
		return 0, ErrClosed
	}
	defer b.publishing.Done()
	if err := b.awaitSession(ctx); err != nil {
		return 0, err
	}
	channel = b.o.ChannelPrefix + channel
	counts, err := b.client.Do(ctx, b.client.B().PubsubNumsub().Channel(channel).Build()).AsIntMap()
	if err != nil {
		return 0, fmt.Errorf("count subscribers of channel %.64q: %w", channel, b.explain(err))
	}
	return b.others(channel, counts[channel]), nil
}

// others is how many of so many subscribers of channel are not this server.
func (b *Backplane) others(channel string, subscribers int64) int {
	if b.wants.subscribed(channel) {
		subscribers--
	}
	return int(max(0, subscribers))
}

// begin lets a call in that ends with publishing.Done.
func (b *Backplane) begin() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return false
	}
	b.publishing.Add(1)
	return true
}

// awaitSession waits until the server is connected to Redis and subscribed to all
// that it wants, at most OutageTimeout.
func (b *Backplane) awaitSession(ctx context.Context) error {
	b.mu.Lock()
	up := b.up
	b.mu.Unlock()
	select {
	case <-up:
		return ctx.Err()
	default:
	}
	timeout := time.NewTimer(b.o.OutageTimeout)
	defer timeout.Stop()
	select {
	case <-up:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-b.closing:
		return ErrClosed
	case <-timeout.C:
		return fmt.Errorf("%w: %s did not answer for %v; start it, or mend the way to it", ErrUnavailable, b.o.Address, b.o.OutageTimeout)
	}
}
