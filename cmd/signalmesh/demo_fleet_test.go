package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A yard makes the nodes of a fleet under test, which do nothing but count.
type yard struct {
	mu     sync.Mutex
	live   map[int]int   // nodes of each server
	opened map[int]int   // nodes of each server, ever
	broken map[int]error // servers that cannot be opened, and why
	lag    time.Duration // that opening and closing take
	errs   map[int]error // of shutting down
}

type yardNode struct {
	y      *yard
	number int
}

func (y *yard) open(ctx context.Context, _ *fleet, p place) (demoNode, error) {
	select {
	case <-time.After(y.lag):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	if err := y.broken[p.number]; err != nil {
		return nil, err
	}
	y.live[p.number]++
	y.opened[p.number]++
	if y.live[p.number] > 1 {
		return nil, fmt.Errorf("server %d runs twice", p.number)
	}
	return yardNode{y, p.number}, nil
}

func (n yardNode) Shutdown(context.Context) error {
	time.Sleep(n.y.lag) // in a bubble
	n.y.mu.Lock()
	defer n.y.mu.Unlock()
	n.y.live[n.number]--
	return n.y.errs[n.number]
}

func (y *yard) count(number int) (live, opened int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.live[number], y.opened[number]
}

func newYard() *yard {
	return &yard{live: map[int]int{}, opened: map[int]int{}, broken: map[int]error{}, errs: map[int]error{}}
}

func testPlaces() []place {
	var places []place
	for i := range demoServers {
		places = append(places, place{number: i + 1, http: fmt.Sprintf("127.0.0.1:%d", 5001+i), peer: fmt.Sprintf("127.0.0.%d:9800", i+1)})
	}
	return places
}

// startFleet opens a fleet that settles. Its end is the caller's.
func startFleet(t *testing.T, y *yard) *fleet {
	f := openFleet(testPlaces(), demoLoggers(io.Discard, false), y.open)
	require.NoError(t, f.settle(t.Context()))
	return f
}

func TestFleetStopsAndStartsAServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard()
		y.lag = time.Second
		f := startFleet(t, y)
		defer f.Close()
		two, err := f.member(2)
		require.NoError(t, err)
		assert.Equal(t, running, two.status().state)

		begin := two.want(false)
		assert.Equal(t, stopping, two.status().state, "it is told at once")
		synctest.Wait()
		live, _ := y.count(2)
		assert.Equal(t, 1, live, "and done when it may begin")
		begin()
		require.NoError(t, f.settle(t.Context()))
		assert.Equal(t, stopped, two.status().state)
		for number, want := range map[int]int{1: 1, 2: 0, 3: 1} {
			live, _ := y.count(number)
			assert.Equal(t, want, live, "server %d", number)
		}

		two.toggle()
		assert.Equal(t, starting, two.status().state)
		require.NoError(t, f.settle(t.Context()))
		assert.Equal(t, running, two.status().state)
		live, opened := y.count(2)
		assert.Equal(t, []int{1, 2}, []int{live, opened})
	})
}

func TestFleetEndsAsWasWishedLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard()
		y.lag = 100 * time.Millisecond
		f := startFleet(t, y)
		defer f.Close()
		one, err := f.member(1)
		require.NoError(t, err)
		var wishing sync.WaitGroup
		for i := range 8 {
			wishing.Go(func() {
				for j := range 50 {
					one.want((i+j)%2 == 0)()
					time.Sleep(time.Duration(i+j) * time.Millisecond)
				}
			})
		}
		wishing.Wait()
		one.want(true)()
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, status{state: running}, one.status())
		live, opened := y.count(1)
		assert.Equal(t, 1, live)
		assert.Greater(t, opened, 1)
	})
}

func TestAWishTakenBackAtOnceDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard()
		f := startFleet(t, y)
		defer f.Close()
		one, err := f.member(1)
		require.NoError(t, err)
		one.want(false)
		one.want(true)()
		synctest.Wait()
		assert.Equal(t, running, one.status().state)
		_, opened := y.count(1)
		assert.Equal(t, 1, opened)
	})
}

func TestFleetTellsWhatCannotStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard()
		taken := errors.New("port 5003 is taken")
		y.broken[3] = taken
		f := openFleet(testPlaces(), demoLoggers(io.Discard, false), y.open)
		defer f.Close()
		require.ErrorIs(t, f.settle(t.Context()), taken)
		three, err := f.member(3)
		require.NoError(t, err)
		assert.Equal(t, status{stopped, taken}, three.status())

		y.mu.Lock()
		delete(y.broken, 3)
		y.mu.Unlock()
		three.toggle()
		require.NoError(t, f.settle(t.Context()))
		assert.Equal(t, status{state: running}, three.status())
	})
}

func TestFleetClosesEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard()
		y.lag = time.Second
		stuck := errors.New("stuck")
		y.errs = map[int]error{1: context.DeadlineExceeded, 2: stuck}
		f := startFleet(t, y)
		began := time.Now()
		err := f.Close()
		require.ErrorIs(t, err, stuck)
		assert.NotErrorIs(t, err, context.DeadlineExceeded, "clients that do not go are no failure")
		assert.Equal(t, time.Second, time.Since(began), "they stop at the same time")
		assert.Equal(t, err, f.Close())
		for number := range demoServers {
			live, _ := y.count(number + 1)
			assert.Zero(t, live)
		}
	})
}

func TestFleetClosesWhileStarting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard()
		y.lag = time.Hour
		f := openFleet(testPlaces(), []*slog.Logger{slog.New(slog.DiscardHandler), slog.New(slog.DiscardHandler), slog.New(slog.DiscardHandler)}, y.open)
		synctest.Wait()
		began := time.Now()
		require.NoError(t, f.Close())
		assert.Zero(t, time.Since(began))
	})
}

func TestFleetKnowsItsServers(t *testing.T) {
	f := &fleet{members: make([]*member, 3)}
	for _, number := range []int{-1, 0, 4} {
		_, err := f.member(number)
		assert.ErrorContains(t, err, "there are 1 to 3")
	}
}
