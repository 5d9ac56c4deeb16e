//go:build linux

package main

import (
	"context"
	"fmt"
	"time"
)

// pollEvery is the interval at which a state is read that is not announced.
const pollEvery = 50 * time.Millisecond

// await reads a state until it is reached, for at most limit. reached returns an error
// if the state cannot be reached any longer.
func await(ctx context.Context, limit time.Duration, what string, reached func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		done, err := reached()
		if err != nil {
			return fmt.Errorf("wait for %s: %w", what, err)
		}
		if done {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait %v for %s: %w", limit, what, ctx.Err())
		}
	}
}
