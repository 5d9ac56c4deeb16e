package redisbackplane_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/redisbackplane"
)

// short makes a backplane wait little for a Redis that is away.
func short(o *redisbackplane.Options) { o.OutageTimeout = 300 * time.Millisecond }

// Redis is restarted: the servers are subscribed again to all that they want, and
// are told that messages of each other may be lost.
func TestSubscriptionsComeBackAndTheGapIsTold(t *testing.T) {
	r := startRedis(t)
	registry := prometheus.NewRegistry()
	a, b := r.open(), r.open(func(o *redisbackplane.Options) { o.Metrics = registry })
	toA, toB := attach(t, a), attach(t, b)
	const channels = 600 // more than one command names
	for k := range channels {
		require.NoError(t, b.Subscribe(t.Context(), fmt.Sprint("c", k)))
	}
	require.NoError(t, a.Subscribe(t.Context(), "x"))
	b.Unsubscribe("c1")
	// Each knows of the other.
	_, err := a.Publish(t.Context(), "c0", []byte("before"))
	require.NoError(t, err)
	toB.await(t, a.Self()+" c0 before")

	r.stop()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = a.Publish(ctx, "c0", nil)
	require.Error(t, err, "who publishes is told")
	r.restart()
	toA.await(t, "gap "+b.Self()+" 0")
	toB.await(t, "gap "+a.Self()+" 0")
	for _, c := range []string{"c0", "c300", "c599"} {
		// a may still return to Redis. b has reported the gap and may still subscribe,
		// with several commands in any order.
		require.Eventually(t, func() bool {
			n, err := a.Subscribers(t.Context(), c)
			return err == nil && n == 1
		}, patience, time.Millisecond)
		n, err := a.Publish(t.Context(), c, []byte("after"))
		require.NoError(t, err)
		assert.Equal(t, 1, n)
		toB.await(t, a.Self()+" "+c+" after")
	}
	n, err := a.Subscribers(t.Context(), "c1")
	require.NoError(t, err)
	assert.Zero(t, n, "what was given up is not subscribed again")
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	assert.Empty(t, problems)
}

func TestAPublishWaitsForRedisToReturn(t *testing.T) {
	r := startRedis(t)
	a := r.open()
	r.stop()
	done := make(chan error, 1)
	go func() {
		// The first may find the connection broken; what comes after that waits.
		for {
			_, err := a.Publish(t.Context(), "c", nil)
			if err == nil {
				done <- nil
				return
			}
			if t.Context().Err() != nil {
				done <- err
				return
			}
		}
	}()
	r.restart()
	require.NoError(t, <-done)
}

func TestAnOutageIsAnErrorThatNamesTheRemedy(t *testing.T) {
	r := startRedis(t)
	a := r.open(short)
	r.stop()
	for range 3 { // at first the connection is only broken
		_, err := a.Publish(t.Context(), "c", nil)
		require.ErrorIs(t, err, redisbackplane.ErrUnavailable)
	}
	_, err := a.Publish(t.Context(), "c", nil)
	require.ErrorContains(t, err, "start it, or mend the way to it")
	require.NoError(t, a.Subscribe(t.Context(), "later"), "logged, counted, and done when Redis is back")
	r.restart()
	require.Eventually(t, func() bool {
		_, err := a.Subscribers(t.Context(), "later")
		return err == nil
	}, patience, time.Millisecond)
}

func TestWhatRedisRefusesIsAnError(t *testing.T) {
	r := startRedis(t)
	_, err := redisbackplane.New(t.Context(), redisbackplane.Options{Address: r.address, Username: "nobody", Password: "wrong"})
	require.ErrorContains(t, err, "Options.Address and its credentials")
	r.stop()
	_, err = redisbackplane.New(t.Context(), redisbackplane.Options{Address: r.address})
	require.ErrorContains(t, err, r.address)
	_, err = redisbackplane.New(t.Context(), redisbackplane.Options{MaxMessage: -1, OutageTimeout: -1})
	require.ErrorContains(t, err, "MaxMessage")
	require.ErrorContains(t, err, "OutageTimeout")
}
