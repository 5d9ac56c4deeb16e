package door

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func prefix(addr string) netip.Prefix { return netip.PrefixFrom(netip.MustParseAddr(addr), 32) }

// derive takes a turn, and holds it as long as deriving a key takes.
func derive(ctx context.Context, q *turns, from netip.Prefix, wrong bool) error {
	if err := q.wait(ctx, from); err != nil {
		return err
	}
	time.Sleep(60 * time.Millisecond)
	q.done(from, wrong)
	return nil
}

func TestAddressesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTurns(4)
		defer q.close()
		for _, from := range []string{"192.0.2.1", "192.0.2.2"} {
			for range 64 {
				go func() { _ = derive(t.Context(), q, prefix(from), true) }() // ends with the test
			}
		}
		synctest.Wait()
		begun := time.Now()
		require.NoError(t, derive(t.Context(), q, prefix("192.0.2.3"), false))
		assert.LessOrEqual(t, time.Since(begun), 4*60*time.Millisecond, "one turn of each of the others first")
		time.Sleep(time.Minute)
	})
}

// An address is held back by its wrong passwords only, and never for long.
func TestAnAddressThatGuessesHasFewTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTurns(4)
		defer q.close()
		guesser := prefix("192.0.2.1")
		begun := time.Now()
		for range freeFailures + 40 {
			require.NoError(t, derive(t.Context(), q, guesser, true))
		}
		assert.GreaterOrEqual(t, time.Since(begun), 9*time.Second, "4 in a second")
		for range 100 {
			require.NoError(t, derive(t.Context(), q, prefix("192.0.2.2"), false))
		}
		assert.LessOrEqual(t, time.Since(begun), 21*time.Second, "right passwords only take their time")
	})
}

// Among many that guess, a client of the same address has its turn within seconds.
func TestAGuessersNeighbourHasItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTurns(4)
		defer q.close()
		ctx, cancel := context.WithCancel(t.Context())
		address := prefix("192.0.2.1")
		for range 20 {
			go func() {
				for derive(ctx, q, address, true) == nil {
				}
			}()
		}
		time.Sleep(time.Minute)
		var total time.Duration
		for range 20 {
			begun := time.Now()
			require.NoError(t, derive(ctx, q, address, false))
			total += time.Since(begun)
		}
		assert.Less(t, total/20, 10*time.Second)
		cancel()
		time.Sleep(time.Second) // the turn under way ends
	})
}

func TestWhoGivesUpLeavesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTurns(4)
		defer q.close()
		require.NoError(t, q.wait(t.Context(), prefix("192.0.2.1")))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		assert.ErrorIs(t, q.wait(ctx, prefix("192.0.2.2")), context.DeadlineExceeded)
		q.done(prefix("192.0.2.1"), false)
		require.NoError(t, q.wait(t.Context(), prefix("192.0.2.3")))
		q.done(prefix("192.0.2.3"), false)
		assert.Empty(t, q.lines, "nothing is remembered of those that owe nothing")
		assert.Empty(t, q.order)
	})
}

func TestDelaysGrowAndEnd(t *testing.T) {
	d, now := newDelays(3*time.Second), time.Now()
	for range freeFailures {
		assert.Zero(t, d.failed(now, "address a", "user u"))
	}
	assert.Equal(t, 3*time.Second, d.failed(now, "address a"))
	assert.Equal(t, 3*time.Second, d.failed(now, "address b", "user u"), "the user's, from another address")
	assert.Zero(t, d.failed(now, "address b"))
	for range 1000 {
		d.failed(now, "address a")
	}
	assert.Zero(t, d.failed(now.Add(10*time.Second), "address a"), "what is owed is little")
	for i := range 3 * maxDelays {
		d.failed(now, "user "+time.Duration(i).String())
	}
	assert.LessOrEqual(t, len(d.keys), maxDelays)
}
